"""Answers in Redis or Valkey: known to every gateway that shares it.

An answer is one value that runs out by itself; how much room there is, and what goes first, is the
server's own setting (``maxmemory``, ``maxmemory-policy allkeys-lfu``). While the server is away
nothing is found and nothing kept.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import struct
import time
from collections import deque

import msgspec

from workbench.core import settings
from workbench.serving.limits.redis_link import RedisAwayError, RedisLink

from .entries import Entry
from .twins import Clearing, TwinFigures

PREFIX = "workbench:cache:"
_ANSWER = f"{PREFIX}answer:"
_CLEARINGS = f"{PREFIX}clearings"
_MOST_WAITING = 2000
_BATCH = 500
_GET = "return redis.call('GET', KEYS[1])"
_PUT = "redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])"
# The newest clearing comes last; each has the number of all before it, so that none is overlooked
# when old ones are cut off.
_CLEAR = """
local number = redis.call('INCR', KEYS[1] .. ':number')
redis.call('RPUSH', KEYS[1], cmsgpack.pack({number, ARGV[1]}))
redis.call('LTRIM', KEYS[1], -1000, -1)
"""
_SINCE = """
local number = tonumber(redis.call('GET', KEYS[1] .. ':number') or '0')
if number <= tonumber(ARGV[1]) then return {number} end
local found = {number}
for _, packed in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
    local pair = cmsgpack.unpack(packed)
    if pair[1] > tonumber(ARGV[1]) then found[#found + 1] = pair[2] end
end
return found
"""
# Each answer begins with the time of its run, as 8 bytes, so that clearing needs no decoding.
_FORGET = """
local gone = 0
for _, name in ipairs(KEYS) do
    local value = redis.call('GETRANGE', name, 0, 7)
    if #value == 8 and struct.unpack('>d', value) < tonumber(ARGV[1]) then
        gone = gone + redis.call('DEL', name)
    end
end
return gone
"""
_encode = msgspec.msgpack.Encoder().encode
_TIME = struct.Struct(">d")


class _Value(msgspec.Struct, array_like=True, frozen=True):
    tenant: str
    model: str
    expires_s: float
    cost_s: float
    body: bytes


class _Cleared(msgspec.Struct, array_like=True, frozen=True):
    before_s: float
    tenant: str | None
    model: str | None


_decoder = msgspec.msgpack.Decoder(_Value)
_cleared_decoder = msgspec.msgpack.Decoder(_Cleared)


class RedisTwin:
    """Answers in a Redis.

    Args:
        url: Where it is, by default the setting ``redis_url``.
        timing: ``timeout_s`` and ``again_s`` of the link, for tests.
    """

    kind = "redis"

    def __init__(self, url: str | None = None, **timing: float) -> None:
        self._link = RedisLink(url or settings.get("redis_url"), recover=_nothing, **timing)
        self._waiting: deque[Entry] = deque(maxlen=_MOST_WAITING)  # a cache may forget
        self._writer: asyncio.Task[None] | None = None
        self._seen: int | None = None

    async def get(self, key: bytes, tenant: str, model: str, now_s: float) -> Entry | None:
        """See ``Twin.get``."""
        try:
            found = await self._link.run(_GET, [_name(key, tenant, model)], [])
        except RedisAwayError:
            return None
        if found is None:
            return None
        try:
            value = _decoder.decode(found[_TIME.size :])
            made_s: float = _TIME.unpack_from(found)[0]
        except (msgspec.DecodeError, struct.error):
            return None  # written by another version
        if now_s >= value.expires_s:
            return None
        return Entry(
            key, value.tenant, value.model, made_s, value.expires_s, value.cost_s, value.body
        )

    def put(self, entry: Entry) -> None:
        """See ``Twin.put``."""
        self._waiting.append(entry)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.get_running_loop().create_task(self._write())

    async def clear(self, clearing: Clearing) -> int:
        """See ``Twin.clear``.

        Raises:
            BusyError: The server is away: what it holds would come back with it.
        """
        told = _encode(_Cleared(clearing.before_s, clearing.tenant, clearing.model))
        await self._link.run(_CLEAR, [_CLEARINGS], [told])
        names = await self._link.names(_pattern(clearing))
        gone = 0
        for start in range(0, len(names), _BATCH):
            some = names[start : start + _BATCH]
            gone += int(await self._link.run(_FORGET, some, [repr(clearing.before_s)]))
        return gone

    async def new_clearings(self) -> list[Clearing]:
        """See ``Twin.new_clearings``."""
        first = self._seen is None
        try:
            number, *told = await self._link.run(_SINCE, [_CLEARINGS], [self._seen or 0])
        except RedisAwayError:
            return []
        self._seen = int(number)
        if first:  # what was cleared before this process began is no business of its memory
            return []
        found = [_cleared_decoder.decode(each) for each in told]
        return [Clearing(each.before_s, each.tenant, each.model) for each in found]

    async def figures(self) -> TwinFigures:
        """See ``Twin.figures``; its bytes are the server's to count."""
        try:
            names = await self._link.names(f"{_ANSWER}*")
        except RedisAwayError:
            return TwinFigures(self.kind, away=True)
        return TwinFigures(self.kind, len(names))

    async def flush(self) -> None:
        """See ``Twin.flush``."""
        if self._writer is not None:
            await self._writer

    async def close(self) -> None:
        """See ``Twin.close``."""
        await self.flush()
        await self._link.close()

    async def _write(self) -> None:
        while self._waiting:
            entry = self._waiting.popleft()
            left_ms = math.ceil(1000 * (entry.expires_s - time.time()))
            value = _TIME.pack(entry.made_s) + _encode(
                _Value(entry.tenant, entry.model, entry.expires_s, entry.cost_s, entry.body)
            )
            name = _name(entry.key, entry.tenant, entry.model)
            try:
                if left_ms > 0:
                    await self._link.run(_PUT, [name], [value, left_ms])
            except RedisAwayError:
                self._waiting.clear()


async def _nothing() -> None:
    """There is nothing to make up for when the server is back."""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _name(key: bytes, tenant: str, model: str) -> str:
    base, adapter = model.partition(":")[0], model.partition("@")[0]
    return f"{_ANSWER}{_digest(tenant)}:{_digest(base)}:{_digest(adapter)}:{key.hex()}"


def _pattern(clearing: Clearing) -> str:
    """The names of what a clearing may cover; one version's clearing takes its sisters along."""
    tenant = "*" if clearing.tenant is None else _digest(clearing.tenant)
    if clearing.model is None:
        return f"{_ANSWER}{tenant}:*"
    base, adapter, _ = clearing.model.partition(":")
    exact = _digest(clearing.model.partition("@")[0]) if adapter else "*"
    return f"{_ANSWER}{tenant}:{_digest(base)}:{exact}:*"
