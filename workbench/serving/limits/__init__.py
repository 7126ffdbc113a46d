"""Rates, budgets and answers at a time of a key: reserved before a call, settled after it."""

from workbench.core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "FallingBackLimits": "falling_back",
        "LimitStore": "protocol",
        "LimitUse": "protocol",
        "Reservation": "protocol",
        "RedisAwayError": "redis_link",
        "RedisLimits": "redis_store",
        "SqliteLimits": "sqlite_store",
        "open_limits": "opening",
    },
)
