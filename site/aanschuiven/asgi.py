"""One process for pages and sockets: Django under ASGI, and Channels beside it."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aanschuiven.settings")
django_application = get_asgi_application()  # before anything that imports a model

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import OriginValidator  # noqa: E402
from django.conf import settings  # noqa: E402
from django.urls import re_path  # noqa: E402

from aanschuiven.front import Front  # noqa: E402
from meetings.live.consumers import TableConsumer  # noqa: E402

sockets = URLRouter([re_path(r"^ws/agenda/[a-z0-9-]+/[0-9a-z-]+/$", TableConsumer.as_asgi())])

application = ProtocolTypeRouter(
    {
        "http": Front(django_application),
        # No Origin is no browser; a foreign one is refused (RFC 6455 10.2).
        "websocket": OriginValidator(sockets, ["*"] if "*" in settings.ALLOWED_HOSTS else [settings.BASE_URL, *settings.ALLOWED_HOSTS]),
    }
)
