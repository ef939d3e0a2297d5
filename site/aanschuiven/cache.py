"""The cache in Redis, and what it is without Redis: empty.

What stands in it can be found again (Wagtail's site roots) or is a limit that may be counted anew, so a site goes on while Redis
is away. Django's own backend would answer every page with an error.
"""

from __future__ import annotations

import logging
import time
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)


class ForgivingRedisCache(RedisCache):
    """RedisCache whose operations miss while Redis does not answer. ``incr`` then raises ValueError, as for a key that is gone."""

    _complained_at = 0.0

    def _away(self, answer: Any) -> Any:
        if time.monotonic() - ForgivingRedisCache._complained_at > 60:
            ForgivingRedisCache._complained_at = time.monotonic()
            log.warning("Redis does not answer: the cache is empty until it does", exc_info=True)
        return answer

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        try:
            return super().get(key, default, version)
        except RedisError:
            return self._away(default)

    def set(self, key: Any, value: Any, timeout: Any = 300, version: int | None = None) -> None:
        try:
            super().set(key, value, timeout, version)
        except RedisError:
            self._away(None)

    def add(self, key: Any, value: Any, timeout: Any = 300, version: int | None = None) -> bool:
        try:
            return super().add(key, value, timeout, version)
        except RedisError:
            return self._away(True)  # an empty cache takes it; who locks by it goes on

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        try:
            return super().incr(key, delta, version)
        except RedisError as gone:
            self._away(None)
            raise ValueError(f"{key!r} cannot be counted: Redis does not answer") from gone

    def delete(self, key: Any, version: int | None = None) -> bool:
        try:
            return super().delete(key, version)
        except RedisError:
            return self._away(False)

    def get_many(self, keys: Any, version: int | None = None) -> dict[Any, Any]:
        try:
            return super().get_many(keys, version)
        except RedisError:
            return self._away({})

    def set_many(self, data: Any, timeout: Any = 300, version: int | None = None) -> list[Any]:
        try:
            return super().set_many(data, timeout, version)
        except RedisError:
            return self._away(list(data))

    def delete_many(self, keys: Any, version: int | None = None) -> None:
        try:
            super().delete_many(keys, version)
        except RedisError:
            self._away(None)
