from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from aanschuiven import health
from aanschuiven.models import Heartbeat


@pytest.fixture
def worker(db) -> Heartbeat:
    now = timezone.now()
    return Heartbeat.objects.create(worker_id="one", started_at=now, seen_at=now)


def test_a_living_process_says_so_without_a_database(client):
    answer = client.get("/healthz")

    assert (answer.status_code, answer.text) == (200, "ok\n")
    assert "no-store" in answer["Cache-Control"]


def test_ready_when_database_channel_layer_and_worker_are_there(client, worker):
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {"database": "ok", "channel_layer": "ok", "worker": "ok"}


def test_a_worker_that_was_silent_for_too_long_is_away(client, worker):
    worker.seen_at -= timedelta(seconds=46)
    worker.save()

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json() == {"database": "ok", "channel_layer": "ok", "worker": "away"}


def test_a_database_that_is_away_is_named_and_takes_the_worker_along(client, monkeypatch):
    def gone(now):
        raise OperationalError("server closed the connection unexpectedly")

    asked: list[str] = []
    monkeypatch.setitem(health.PARTS, "database", gone)
    monkeypatch.setattr(Heartbeat, "alive", lambda now: asked.append("worker"))

    answer = client.get("/readyz")

    assert asked == []  # with PostgreSQL away each question takes as long as the pool waits
    assert answer.status_code == 503
    assert answer.json() == {"database": "away", "channel_layer": "ok", "worker": "away"}
    assert answer["Retry-After"] == "30"


def test_a_redis_that_does_not_answer_is_named(client, worker, settings):
    settings.CHANNEL_LAYERS = {
        "default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": ["redis://127.0.0.1:1/0"]}}
    }

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json() == {"database": "ok", "channel_layer": "away", "worker": "ok"}


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_health_is_only_asked(client, address):
    assert client.post(address).status_code == 405
