"""One Redis or Valkey: short timeouts, and no waiting for one that is known to be away."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from workbench.core.errors import BusyError, ConfigError
from workbench.core.optional import require

log = logging.getLogger(__name__)

TIMEOUT_S = 0.5
AGAIN_S = 1.0
_CONNECTIONS = 32


class RedisAwayError(BusyError):
    """Redis does not answer. ``sent`` says whether it may have done what was asked."""

    code = "busy"  # what it is for a client
    sent = True


class RedisLink:
    """Scripts on one server.

    After a fault nobody waits for the server: every ``again_s`` one caller tries it anew, and
    the others are told at once that it is away.

    Args:
        url: ``redis://``, ``rediss://`` or ``unix://``. Its password is in no message.
        recover: Called when the server answers again, before anybody else may use it.
        timeout_s: Longest wait for a connection, and for an answer.
        again_s: How long a server that is away is left alone.
    """

    def __init__(
        self,
        url: str,
        *,
        recover: Callable[[], Awaitable[None]],
        timeout_s: float = TIMEOUT_S,
        again_s: float = AGAIN_S,
    ) -> None:
        self._redis = require("redis", extra="serving")
        self.place = _place(url)
        self._recover = recover
        self._timeout_s, self._again_s = timeout_s, again_s
        self._client = self._connect(url)
        self._scripts: dict[str, Any] = {}
        self.away = False
        self._recovering = False
        self._try_at_s = 0.0

    async def run(self, script: str, keys: Sequence[str], args: Sequence[Any]) -> Any:
        """Run a script.

        Raises:
            RedisAwayError: The server does not answer, or answers that it cannot.
        """
        if self.away:
            await self._try_again()
        return await self.ask(script, keys, args)

    async def ask(self, script: str, keys: Sequence[str], args: Sequence[Any]) -> Any:
        """Run a script also on a server that was away a moment ago; ``recover`` does."""
        found = self._scripts.get(script)
        if found is None:
            found = self._scripts[script] = self._client.register_script(script)
        return await self._guard(found(keys=keys, args=args))

    async def names(self, pattern: str) -> list[str]:
        """The keys of a pattern."""

        async def scan() -> list[str]:
            return [name.decode() async for name in self._client.scan_iter(pattern, count=1000)]

        return await self._guard(scan(), timeout_s=30.0)

    async def forget(self, name: str, fields: Sequence[str]) -> None:
        """Remove fields of a hash."""
        await self._guard(self._client.hdel(name, *fields))

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose(close_connection_pool=True)

    def _connect(self, url: str) -> Any:
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff

        try:
            pool = self._redis.asyncio.BlockingConnectionPool.from_url(
                url,
                max_connections=_CONNECTIONS,
                timeout=self._timeout_s,
                socket_timeout=self._timeout_s,
                socket_connect_timeout=self._timeout_s,
                retry=Retry(NoBackoff(), 0),  # its own retries would add up to seconds
            )
        except ValueError:
            raise ConfigError(
                f"setting 'redis_url' is no address of a Redis: {self.place!r}",
                hint="redis://127.0.0.1:6379/0",
                setting="redis_url",
            ) from None
        return self._redis.asyncio.Redis(connection_pool=pool)

    async def _try_again(self) -> None:
        now_s = time.monotonic()
        if self._recovering or now_s < self._try_at_s:
            raise self._error("it did not answer", sent=False)
        self._recovering = True  # whoever comes meanwhile does not wait
        try:
            await self._guard(self._client.ping())
            await self._recover()
        except RedisAwayError as error:
            error.sent = False
            raise
        finally:
            self._recovering = False
        self.away = False
        log.warning("the Redis at %s answers again", self.place)

    async def _guard(self, answer: Awaitable[Any], *, timeout_s: float | None = None) -> Any:
        limit_s = 2 * self._timeout_s if timeout_s is None else timeout_s
        try:
            async with asyncio.timeout(limit_s):
                return await answer
        except (self._redis.exceptions.RedisError, OSError, TimeoutError) as error:
            if not self.away:
                log.warning("the Redis at %s is away: %s", self.place, _why(error))
            self.away = True
            self._try_at_s = time.monotonic() + self._again_s
            raise self._error(_why(error)) from error

    def _error(self, why: str, *, sent: bool = True) -> RedisAwayError:
        error = RedisAwayError(
            f"the limits are kept in the Redis at {self.place}, which is away: {why}",
            hint="start it, or let each gateway count on its own: WORKBENCH_LIMITS_WHEN_DOWN=local",
            retry_after_s=self._again_s,
            http_status=503,
        )
        error.sent = sent
        return error


def _place(url: str) -> str:
    """Where a server is, without its password."""
    try:
        parts = urlsplit(url)
        host = f"{parts.hostname}:{parts.port or 6379}" if parts.hostname else ""
    except ValueError:
        return "(unreadable)"
    return host + parts.path if parts.scheme == "unix" or not host else host


def _why(error: BaseException) -> str:
    """A fault in a few words; what the server said of a command could repeat its arguments."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ConnectionError) or "Connection" in type(error).__name__:
        return "no connection"
    word = str(error).split(" ", 1)[0]
    return word if word.isupper() and word.isalpha() else type(error).__name__
