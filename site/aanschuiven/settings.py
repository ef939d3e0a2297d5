"""Settings: everything that differs between sites comes from the environment (README, "On a server").

Without any variable this is a small real site: SQLite, one process, mail in files, a secret of its own in ``var/``.
"""

from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

ROOT = Path(__file__).resolve().parent.parent.parent
env = environ.Env()
VAR = Path(env.str("VAR_DIR", default=str(ROOT / "var")))


def secret_key() -> str:
    """Take SECRET_KEY from the environment, else the one made on the first run and kept in ``var/``."""
    VAR.mkdir(parents=True, exist_ok=True, mode=0o700)  # mail in files holds secret links
    if key := env.str("SECRET_KEY", default=""):
        return key
    if env.str("DATABASE_URL", default=""):
        raise ImproperlyConfigured("SECRET_KEY is not set: every process of a site with a DATABASE_URL needs the same one")
    path = VAR / "secret_key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(get_random_secret_key())
    return path.read_text().strip()


SECRET_KEY = secret_key()
DEBUG = False

# --- addresses: BASE_URL decides what the outside sees ---------------------------------------------------------------
PORT = env.int("PORT", default=8000)
HOST = env.str("HOST", default="127.0.0.1")
BASE_URL = env.str("BASE_URL", default=f"http://localhost:{PORT}").rstrip("/")
_base = urlsplit(BASE_URL)
if _base.scheme not in ("http", "https") or not _base.hostname:
    raise ImproperlyConfigured(f"BASE_URL {BASE_URL!r} is no address: write it as https://aanschuiven.example")
TLS = _base.scheme == "https"
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
ALLOWED_HOSTS += [name for name in (_base.hostname, "localhost", "127.0.0.1", "[::1]") if name not in ALLOWED_HOSTS]
if HOST not in ("127.0.0.1", "localhost", "0.0.0.0", "::"):
    ALLOWED_HOSTS.append(HOST)
if HOST in ("0.0.0.0", "::") and not TLS:
    ALLOWED_HOSTS = ["*"]  # a phone in the house is tried by the machine's own address, which nobody knows beforehand
CSRF_TRUSTED_ORIGINS = [BASE_URL] if TLS else []

INSTALLED_APPS = [
    "aanschuiven",
    "home",
    "meetings",
    "places",
    "wagtail.contrib.forms",
    "wagtail.contrib.redirects",
    "wagtail.contrib.settings",
    "wagtail.embeds",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.admin",
    "wagtail",
    "modelsearch",
    "modelcluster",
    "taggit",
    "django_htmx",
    "leaflet",
    "channels",
    "django_tasks_db",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",  # its Dutch, in which the CMS says how long ago something was
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "aanschuiven.streams.read_in_thread",
    "aanschuiven.cookies.without_nul",
    "django.middleware.security.SecurityMiddleware",
    "aanschuiven.compression.PublicGZipMiddleware",
    "aanschuiven.csp.PolicyByPathMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "aanschuiven.secret_addresses.kept_secret",
    "aanschuiven.languages.language_by_path",
    "aanschuiven.zone.time_of_site",
    "django.middleware.common.CommonMiddleware",
    "aanschuiven.faults.pages",
    "aanschuiven.csrf.origin_without_referrer",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "aanschuiven.languages.RedirectInEveryLanguage",
    "aanschuiven.faults.cms_address",
    "aanschuiven.accounts.factor_first",
]

ROOT_URLCONF = "aanschuiven.urls"
ASGI_APPLICATION = "aanschuiven.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "wagtail.contrib.settings.context_processors.settings",
            ],
        },
    }
]

# --- data --------------------------------------------------------------------------------------------------------------
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{VAR / 'aanschuiven.sqlite3'}")}
_database = DATABASES["default"]
_database["CONN_MAX_AGE"] = 0
_database["ATOMIC_REQUESTS"] = False  # with IMMEDIATE every GET would take the write lock
if _database["ENGINE"].endswith("sqlite3"):
    _database["OPTIONS"] = {
        "timeout": 20,  # seconds
        "transaction_mode": "IMMEDIATE",  # a deferred one that turns into a write answers "database is locked" at once
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON",
    }
else:
    # Under ASGI persistent connections run out; the pool does not. After a restart of the server it still holds dead ones, so each
    # is asked for a sign of life when it is handed out.
    _database["CONN_HEALTH_CHECKS"] = True
    _database["OPTIONS"] = {
        **_database.get("OPTIONS", {}),
        # It looks for a server that was away every few seconds: by itself it waits longer each time, up to minutes.
        "pool": {"min_size": 1, "max_size": env.int("DATABASE_POOL", default=10), "timeout": 5, "reconnect_timeout": 5},
    }

REDIS_URL = env.str("REDIS_URL", default="")
if REDIS_URL:
    CHANNEL_LAYERS = {
        "default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [REDIS_URL], "prefix": "aanschuiven"}}
    }
    CACHES = {
        "default": {
            "BACKEND": "aanschuiven.cache.ForgivingRedisCache",
            "LOCATION": REDIS_URL,
            "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 0.5},  # seconds: a page does not wait for a cache
        }
    }
else:
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 100_000}}}

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
MODELSEARCH_BACKENDS = WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "modelsearch.backends.database"}}

# --- files ---------------------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = VAR / "static"
MEDIA_URL = "/media/"
MEDIA_ROOT = VAR / "media"
STORAGES = {
    "default": {
        "BACKEND": env.str("MEDIA_STORAGE", default="django.core.files.storage.FileSystemStorage"),
        "OPTIONS": env.json("MEDIA_STORAGE_OPTIONS", default={}),
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = False
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000  # the page editor of the CMS posts many

# --- mail ----------------------------------------------------------------------------------------------------------------
vars().update(env.email_url("EMAIL_URL", default="filemail://"))
EMAIL_FILE_PATH = str(VAR / "mail")
EMAIL_TIMEOUT = 15  # seconds
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("MAIL_FROM", default=f"Aanschuiven <aanschuiven@{_base.hostname}>")

# --- language and time ---------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "nl"
LANGUAGES = [("nl", "Nederlands"), ("en", "English")]
LOCALE_PATHS = [Path(__file__).resolve().parent / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Amsterdam"  # until an editor chooses another for the site (zone.py)
WAGTAIL_I18N_ENABLED = False
WAGTAIL_CONTENT_LANGUAGES = [("nl", "Nederlands")]
WAGTAIL_USER_TIME_ZONES = ["Europe/Amsterdam", "America/Curacao", "America/Aruba"]
WAGTAILADMIN_PERMITTED_LANGUAGES = [("nl", "Nederlands"), ("en", "English")]
FORMAT_MODULE_PATH = "aanschuiven.formats"

# --- CMS -----------------------------------------------------------------------------------------------------------------
WAGTAIL_SITE_NAME = "Aanschuiven"
WAGTAILADMIN_BASE_URL = BASE_URL
WAGTAIL_DATE_FORMAT = "%d-%m-%Y"  # shown so in both languages, and read so: aanschuiven/formats
WAGTAIL_DATETIME_FORMAT = "%d-%m-%Y %H:%M"
WAGTAIL_TIME_FORMAT = "%H:%M"
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_WORKFLOW_ENABLED = False  # who may publish a page does; nobody asked for a round of approval
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = False
WAGTAIL_PASSWORD_RESET_ENABLED = False
WAGTAILUSERS_PASSWORD_ENABLED = False
WAGTAILADMIN_LOGIN_URL = "/account/login/"
WAGTAILDOCS_EXTENSIONS = ["pdf", "odt", "ics", "csv"]
WAGTAILIMAGES_MAX_UPLOAD_SIZE = 12 * 1024 * 1024
WAGTAILIMAGES_IMAGE_FORM_BASE = "home.pictures.DescribedImageForm"
WAGTAILIMAGES_EXTENSIONS = ["jpg", "jpeg", "png", "webp", "avif"]
# The map loads after a tap and only then asks these servers for tiles.
LEAFLET_CONFIG = {"TILES": [], "RESET_VIEW": False, "NO_GLOBALS": False}
MAP_TILES = env.str("MAP_TILES", default="")

# --- staff sign in through allauth: a passkey, or a code by mail and a second factor ---------------------------------------
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend", "allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "/account/login/"
LOGIN_REDIRECT_URL = "/cms/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION = "none"  # an address comes from a colleague; the first administrator has none, and a code proves it
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # nobody gets a mail because somebody else typed their address
ACCOUNT_USER_MODEL_USERNAME_FIELD = "username"
ACCOUNT_ADAPTER = "aanschuiven.accounts.StaffOnlyAdapter"
MFA_SUPPORTED_TYPES = ["webauthn", "totp", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {"add_webauthn": "aanschuiven.accounts.PasskeyForm"}
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not TLS and _base.hostname == "localhost"
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)

# --- security --------------------------------------------------------------------------------------------------------------
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_AGE = None  # until the browser closes: a page opened by a link leaves nothing behind
CSRF_FAILURE_VIEW = "aanschuiven.faults.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
KEYRING_COOKIE = "sleutelbos"
SECURITY_CONTACT = env.str("SECURITY_CONTACT", default="mailto:" + parseaddr(DEFAULT_FROM_EMAIL)[1])  # for security.txt
if TLS:
    SECURE_SSL_REDIRECT = env.bool("TLS_REDIRECT", default=True)
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
    SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=365 * 24 * 3600)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-sessie"
    CSRF_COOKIE_NAME = "__Host-formulier"
    KEYRING_COOKIE = "__Host-sleutelbos"
    if ALLAUTH_TRUSTED_PROXY_COUNT:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
else:
    SESSION_COOKIE_NAME = "sessie"
    CSRF_COOKIE_NAME = "formulier"

_nothing_else = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "font-src": ["'self'"],
    "connect-src": ["'self'"],
    "manifest-src": ["'self'"],
    "worker-src": ["'self'"],
    "form-action": ["'self'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
}
_tiles = ["{0.scheme}://{0.netloc}".format(urlsplit(MAP_TILES.replace("{s}", "*")))] if MAP_TILES else []
_nothing_else["img-src"] += _tiles
CONTENT_SECURITY_POLICY = {"DIRECTIVES": _nothing_else}
# Wagtail 8 has no nonces: its editor needs inline scripts, so the CMS has a policy of its own (a deviation from ASVS 5 3.4.3).
CMS_SECURITY_POLICY = {
    "default-src": ["'self'"],
    "script-src": ["'self'", "'unsafe-inline'"],
    "style-src": ["'self'", "'unsafe-inline'"],
    "img-src": ["'self'", "data:", "blob:", *_tiles],
    "frame-ancestors": ["'self'"],
    "base-uri": ["'none'"],
    "form-action": ["'self'"],
}

# How often one network, and one keyring, may change something: requests an hour. A load test lifts them; 0 is no limit.
# A whole flat or a Huis van de Wijk shares one address, so the first is wide.
RATE_NETWORK = env.int("RATE_NETWORK", default=600)
RATE_KEYRING = env.int("RATE_KEYRING", default=120)

# Open sockets from one network, and in one process. A page beyond them asks every fifteen seconds instead.
SOCKETS_NETWORK = env.int("SOCKETS_NETWORK", default=200)
SOCKETS_PROCESS = env.int("SOCKETS_PROCESS", default=5000)

HORIZON_MONTHS = 13  # how far ahead the dates of a series are written out

# --- logs: a secret link never stands in one -----------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"no_keys": {"()": "aanschuiven.logs.KeysAsHashes", "format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "no_keys"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="WARNING"), "propagate": False},
        "wagtail": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="WARNING"), "propagate": False},
        "django_tasks": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="WARNING"), "propagate": False},
        "django_tasks_db": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="WARNING"), "propagate": False},
        "fido2": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        "django.server": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        "uvicorn": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "uvicorn.error": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        "uvicorn.access": {"handlers": ["console"], "level": "WARNING", "propagate": False},
    },
}
