"""What a rule's state becomes by one more look: plain values in and out, no clock, no disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .rules import Rule

State = Literal["ok", "pending", "firing", "no data"]
Change = Literal["fired", "cleared"]
OUTAGE_S = 2 * 3600.0  # longer than that without a look, and it is not known that it lasted


@dataclass(frozen=True)
class Standing:
    """A rule's state at a look. ``value`` None: there were no data, and ``why`` says why.
    ``by_lack``: it fires because there were none."""

    state: State
    since_s: float
    looked_s: float
    value: float | None
    why: str = ""
    by_lack: bool = False


def step(
    rule: Rule, before: Standing | None, *, value: float | None, why: str, now_s: float
) -> tuple[Standing, Change | None]:
    """The state after a look, and whether it fired or cleared.

    Args:
        rule: Says when.
        before: The state until now; None at the first look.
        value: The metric now, or None where there are no data.
        why: Why there are none.
        now_s: Unix time. Where the clock was set back, what lasts has begun now.
    """
    if before is not None and before.state == "firing":
        return _while_firing(rule, before, value, why, now_s)
    if value is None and rule.no_data != "alert":
        return _stand("no data", before, value, why, now_s), None
    if value is not None and not rule.is_past(value):
        return _stand("ok", before, value, why, now_s), None
    pending = _stand("pending", before, value, why, now_s)
    if now_s - pending.since_s >= rule.lasting_s:
        return Standing("firing", now_s, now_s, value, why, by_lack=value is None), "fired"
    return pending, None


def _while_firing(
    rule: Rule, before: Standing, value: float | None, why: str, now_s: float
) -> tuple[Standing, Change | None]:
    if value is None:
        if rule.no_data == "clear":
            return Standing("no data", now_s, now_s, None, why), "cleared"
        since_s = min(before.since_s, now_s)
        return Standing("firing", since_s, now_s, None, why, before.by_lack), None
    if rule.is_over(value) or (before.by_lack and not rule.is_past(value)):
        return Standing("ok", now_s, now_s, value), "cleared"
    return Standing("firing", min(before.since_s, now_s), now_s, value), None


def _stand(
    state: State, before: Standing | None, value: float | None, why: str, now_s: float
) -> Standing:
    """The state with since when: a pause in the looks ends what was waited for."""
    since_s = now_s
    if before is not None and before.state == state:
        paused = state == "pending" and now_s - before.looked_s > OUTAGE_S
        since_s = now_s if paused else min(before.since_s, now_s)
    return Standing(state, since_s, now_s, value, why)
