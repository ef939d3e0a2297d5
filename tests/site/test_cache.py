"""A site whose Redis is away goes on with an empty cache."""

import pytest
from django.core.cache.backends.base import BaseCache

from aanschuiven.cache import ForgivingRedisCache


@pytest.fixture
def away() -> BaseCache:
    """A cache whose server is not there: port 1 refuses at once."""
    return ForgivingRedisCache("redis://127.0.0.1:1", {"OPTIONS": {"socket_connect_timeout": 0.2}})


def test_everything_misses_and_nothing_fails(away):
    away.set("a", 1)

    assert away.get("a", "missing") == "missing"
    assert away.add("a", 1) is True
    assert away.get_many(["a"]) == {}
    assert away.set_many({"a": 1}) == ["a"]
    assert away.delete("a") is False
    away.delete_many(["a"])


def test_what_cannot_be_counted_says_so(away):
    with pytest.raises(ValueError, match="Redis does not answer"):
        away.incr("a")
