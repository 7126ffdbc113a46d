"""What the administration's routes are sent and what they answer."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from workbench.identity.keys import Key
from workbench.identity.roles import Role
from workbench.models.pool.state import PoolState
from workbench.serving.limits.protocol import LimitUse
from workbench.store.usage_queries import UsageTotal

Count = Annotated[int, Meta(ge=0)]
Money = Annotated[float, Meta(ge=0)]


class Limits(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A key's limits; null takes one away, what is not named stays."""

    requests_per_minute: Count | UnsetType | None = UNSET
    tokens_per_minute: Count | UnsetType | None = UNSET
    concurrent_streams: Count | UnsetType | None = UNSET
    budget_tokens_day: Count | UnsetType | None = UNSET
    budget_tokens_month: Count | UnsetType | None = UNSET
    budget_usd_day: Money | UnsetType | None = UNSET
    budget_usd_month: Money | UnsetType | None = UNSET

    def given(self) -> dict[str, Any]:
        """Those that are named."""
        pairs = ((name, getattr(self, name)) for name in self.__struct_fields__)
        return {name: value for name, value in pairs if value is not UNSET}


class KeyWish(Struct, forbid_unknown_fields=True):
    """A key that is to be made."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    user: str | None = None
    role: Role = "user"
    scopes: list[str] | None = None
    models: list[str] | None = None
    expires_s: float | None = None
    limits: Limits = Limits()


class KeyChange(Struct, forbid_unknown_fields=True):
    """What is to be changed of a key."""

    models: list[str] | UnsetType | None = UNSET
    limits: Limits = Limits()


class KeyMade(Struct):
    """A key that was just made. ``key`` is shown here and never again.

    ``warnings`` say what may be a slip: a model that nobody knows, a budget that limits nothing.
    """

    id: str
    key: str
    name: str
    prefix: str
    warnings: list[str] = []


class KeyList(Struct):
    """Keys."""

    data: list[Key]


class KeysQuery(Struct, forbid_unknown_fields=True):
    """Which keys."""

    revoked: bool = False


class LoadWish(Struct, forbid_unknown_fields=True):
    """How a model is to be loaded; with ``pin`` it stays until it is unpinned or unloaded."""

    pin: bool = False


class UnloadWish(Struct, forbid_unknown_fields=True):
    """How long answers in work may go on."""

    drain_s: Annotated[float, Meta(ge=0, le=3600)] = 30.0


class Done(Struct):
    """What a change came to: whether it found something to change."""

    model: str
    changed: bool


class BackendState(Struct):
    """One backend of one model, as calls found it. ``latency_s`` is of its latest first pieces."""

    backend: str
    model: str
    state: Literal["closed", "open", "half-open"]
    weight: float
    in_flight: int
    latency_s: float | None
    retry_after_s: float


class ModelsState(Struct):
    """The models here, and the backends that were asked."""

    pool: PoolState
    backends: list[BackendState]
    names: list[str]


class Budget(Struct):
    """What a key may use, what it has used, and what it holds now."""

    key: Key
    use: LimitUse


class BudgetList(Struct):
    """Of every key in force."""

    data: list[Budget]


class UsageQuery(Struct, forbid_unknown_fields=True):
    """Which usage: dates, times or spans as ``2026-11-25``, ``24h``, ``7d``, ``month``; in UTC."""

    by: Literal[
        "key", "user", "model", "backend", "endpoint", "day", "month", "task", "language", "error"
    ] = "key"
    since: str = "month"
    until: str | None = None
    key: str | None = None


class UsageList(Struct):
    """Totals."""

    data: list[UsageTotal]


class CacheQuery(Struct, forbid_unknown_fields=True):
    """Which answers are to be forgotten: of one user, of one model, old ones, or all."""

    user: str | None = None
    model: str | None = None
    older_than_s: Annotated[float, Meta(ge=0)] = 0.0


class Cleared(Struct):
    """How many answers were forgotten."""

    removed: int


class Status(Struct):
    """The gateway as a whole."""

    version: str
    pid: int
    ready: bool
    uptime_s: float
    in_flight: int
    queued: int
    settlements_waiting: int
    cached_answers: int
