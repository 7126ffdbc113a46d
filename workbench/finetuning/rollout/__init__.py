"""Rollouts: a candidate is tried on a share of the champion's requests until it is told apart."""

from workbench.core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "CanaryRules": "rules",
        "CanaryState": "state",
        "look_at_canary": "looking",
        "start_canary": "starting",
        "stop_canary": "starting",
    },
)
