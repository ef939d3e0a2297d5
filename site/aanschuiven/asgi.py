"""One process for pages and sockets: Django under ASGI, and Channels beside it."""

import os

from django.core.asgi import get_asgi_application

from aanschuiven import supervisor

supervisor.end_with_the_supervisor()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aanschuiven.settings")
django_application = get_asgi_application()  # before anything that imports a model

from typing import Any  # noqa: E402

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import WebsocketDenier  # noqa: E402
from django.conf import settings  # noqa: E402
from django.http.request import split_domain_port, validate_host  # noqa: E402
from django.urls import re_path  # noqa: E402

from aanschuiven.bodies import BodyLimit  # noqa: E402
from aanschuiven.front import Front  # noqa: E402
from meetings.live.consumers import TableConsumer  # noqa: E402

OPEN = not settings.TLS  # a page over http may open a socket here


class OwnOrigin:
    """Sockets for pages of this site only: a foreign Origin is refused (RFC 6455 10.2), and so is none, which no browser sends."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        headers = dict(scope["headers"])
        origin, host = (headers.get(name, b"").decode("latin-1").lower() for name in (b"origin", b"host"))
        is_own = origin == settings.BASE_URL or (
            origin in (f"https://{host}", OPEN and f"http://{host}") and validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS)
        )
        await (self.application if is_own else WebsocketDenier())(scope, receive, send)


application = ProtocolTypeRouter(
    {
        "http": Front(BodyLimit(django_application)),
        "websocket": OwnOrigin(
            URLRouter([re_path(r"^ws/agenda/[a-z0-9-]+/[0-9a-z-]+/$", TableConsumer.as_asgi()), re_path("", WebsocketDenier.as_asgi())])
        ),
    }
)
