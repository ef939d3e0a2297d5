"""Liveness and readiness: what a load balancer and `bin/run` ask."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from places.read_only import read_only

from .faults import RETRY_AFTER
from .models import Heartbeat

PATIENCE = 2.0  # seconds that the database and the channel layer get: who asks gives up sooner than a page does


@read_only
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Touches nothing else."""
    return HttpResponse("ok\n", content_type="text/plain")


@read_only
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """What this process needs, part by part; 503 when one is away: ``{"database": "ok", "channel_layer": "ok", "worker": "away"}``.

    A worker shows that it lives in the database: while that is away nobody waits once more to hear nothing of it.
    """
    now = timezone.now()
    parts: dict[str, str] = {}
    for name, check in PARTS.items():
        is_silent = name == "worker" and parts["database"] == "away"
        parts[name] = "ok" if not is_silent and _holds(check, now) else "away"
    response = JsonResponse(parts, status=200 if set(parts.values()) == {"ok"} else 503)
    if response.status_code == 503:
        response["Retry-After"] = str(RETRY_AFTER)
    return response


def _holds(check: Callable[[datetime], bool], now: datetime) -> bool:
    try:
        return check(now)
    except Exception:  # whatever a broken part throws, the answer is that it is away
        return False


def _database(now: datetime) -> bool:
    if pool := getattr(connection, "pool", None):  # PostgreSQL's, which would wait longer
        pool.open()  # as Django does each time it asks for a connection
        with pool.connection(timeout=PATIENCE) as connected:
            return bool(connected.execute("SELECT 1").fetchone())
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone())


def _channel_layer(now: datetime) -> bool:
    async def send() -> None:
        await asyncio.wait_for(get_channel_layer().group_send("readyz", {"type": "nobody.listens"}), PATIENCE)

    async_to_sync(send)()
    return True


def _worker(now: datetime) -> bool:
    return Heartbeat.alive(now).exists()


PARTS: dict[str, Callable[[datetime], bool]] = {"database": _database, "channel_layer": _channel_layer, "worker": _worker}
