"""The README promises a production environment: it is read from there and tried."""

import json
import os
import re
import subprocess
import sys

import pytest
from django.conf import settings

README = (settings.ROOT / "README.md").read_text()


def environment_of_the_readme() -> dict[str, str]:
    block = re.search(r"```sh\n(.*?)```", README, re.DOTALL)[1]
    return {name: value.strip('"') for name, value in (line.split("=", 1) for line in block.splitlines())}


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=settings.ROOT, env=kept | environment, capture_output=True, text=True)


@pytest.fixture
def production(tmp_path) -> dict[str, str]:
    return environment_of_the_readme() | {"VAR_DIR": str(tmp_path)}


def test_check_deploy_is_clean_with_the_environment_of_the_readme(production):
    checked = run("manage.py", "check", "--deploy", "--fail-level", "WARNING", **production)

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_check_deploy_warns_about_a_site_without_tls_and_about_a_forgotten_proxy(production):
    open_site = run("manage.py", "check", "--deploy", "--fail-level", "WARNING", **production | {"BASE_URL": "http://aanschuiven.example"})
    no_proxy = run("manage.py", "check", "--deploy", "--fail-level", "WARNING", **production | {"TRUSTED_PROXY_COUNT": "0"})

    assert "aanschuiven.W001" in open_site.stderr
    assert "aanschuiven.W002" in no_proxy.stderr


def test_every_variable_the_settings_read_is_in_the_readme():
    source = (settings.ROOT / "site" / "aanschuiven" / "settings.py").read_text()
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', source))

    assert len(read) > 15
    assert [name for name in sorted(read) if f"`{name}`" not in README] == []


def show(*names: str, **environment: str) -> list[str]:
    code = f"import json; from django.conf import settings; print(json.dumps([getattr(settings, n, None) for n in {names!r}]))"
    shown = run("-c", f"import sys; sys.path.insert(0, 'site'); {code}", DJANGO_SETTINGS_MODULE="aanschuiven.settings", **environment)
    assert shown.returncode == 0, shown.stderr
    return json.loads(shown.stdout)


def test_https_in_the_base_url_makes_cookies_secure_and_tied_to_the_host(production):
    names = [
        "SESSION_COOKIE_NAME",
        "CSRF_COOKIE_NAME",
        "KEYRING_COOKIE",
        "SESSION_COOKIE_SECURE",
        "CSRF_COOKIE_SECURE",
        "SECURE_SSL_REDIRECT",
    ]

    assert show(*names, **production) == ["__Host-sessie", "__Host-formulier", "__Host-sleutelbos", True, True, True]
    assert show("SECURE_HSTS_SECONDS", "ALLOWED_HOSTS", "DEBUG", **production)[0] == 31536000
    assert "aanschuiven.example" in show("ALLOWED_HOSTS", **production)[0]


def test_without_any_variable_the_site_is_small_closed_and_real(tmp_path):
    shown = show("DEBUG", "BASE_URL", "HOST", "SESSION_COOKIE_NAME", "SECURE_SSL_REDIRECT", VAR_DIR=str(tmp_path))

    assert shown[:4] == [False, "http://localhost:8000", "127.0.0.1", "sessie"]
    assert not shown[4]


def test_the_secret_is_made_once_and_readable_by_its_owner_only(tmp_path):
    first, second = show("SECRET_KEY", VAR_DIR=str(tmp_path)), show("SECRET_KEY", VAR_DIR=str(tmp_path))

    assert first == second
    assert len(first[0]) >= 50
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


def test_a_site_with_a_secret_of_its_own_makes_its_folder_too(tmp_path):
    show("SECRET_KEY", SECRET_KEY="x" * 60, VAR_DIR=str(tmp_path / "var"))

    assert (tmp_path / "var").stat().st_mode & 0o077 == 0


def test_a_database_without_a_secret_is_refused_with_a_reason(tmp_path):
    refused = run("manage.py", "check", DATABASE_URL="postgres://x@localhost/x", VAR_DIR=str(tmp_path))

    assert refused.returncode == 1
    assert "SECRET_KEY is not set" in refused.stderr


def test_a_base_url_that_is_no_address_is_refused_with_a_reason(tmp_path):
    refused = run("manage.py", "check", BASE_URL="aanschuiven.example", VAR_DIR=str(tmp_path))

    assert "BASE_URL 'aanschuiven.example' is no address" in refused.stderr
