"""Rates, budgets and concurrent streams of a key: reserved before a call, settled after it."""

from workbench.core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "LimitStore": "protocol",
        "LimitUse": "protocol",
        "Reservation": "protocol",
        "SqliteLimits": "sqlite_store",
        "open_limits": "opening",
    },
)
