"""What is told of rules and alerts."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.core.viewers import Viewable


@dataclass(frozen=True)
class RuleLine(Viewable):
    """A rule and how it stands. ``level`` and ``clear`` are in ``unit``; times are Unix times,
    ``silenced_until_s`` None where it is not silenced. ``why`` says why there are no data."""

    name: str
    title: str
    state: str
    value: float | None
    level: str
    clear: float
    unit: str
    severity: str
    group: str
    since_s: float | None
    looked_s: float | None
    silenced_until_s: float | None
    quiet: bool
    why: str = ""
    advice: str = ""


@dataclass(frozen=True)
class Incident(Viewable):
    """From the firing of a rule to its clearing; ``cleared_s`` None while it lasts. ``told_s`` is
    when it was last told, None where nobody was: in quiet hours, silenced, or over before."""

    id: int
    rule: str
    title: str
    severity: str
    fired_s: float
    cleared_s: float | None
    value: float | None
    worst: float | None
    because: str
    told_s: float | None


@dataclass(frozen=True)
class Notice(Viewable):
    """What is told at once of a group: rules that fired, that still do, that cleared."""

    group: str
    severity: str
    fired: tuple[str, ...]
    again: tuple[str, ...]
    cleared: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class AlertCheck(Viewable):
    """One look at all rules. ``ok`` is False where one fires and the look was to be a gate."""

    time_s: float
    rules: tuple[RuleLine, ...]
    fired: tuple[str, ...]
    cleared: tuple[str, ...]
    notices: tuple[Notice, ...]
    gate: bool = False

    @property
    def firing(self) -> tuple[str, ...]:
        """The rules that fire now."""
        return tuple(rule.name for rule in self.rules if rule.state == "firing")

    @property
    def ok(self) -> bool:
        """What a gate goes by."""
        return not (self.gate and self.firing)


@dataclass(frozen=True)
class Silence(Viewable):
    """A rule that nobody is told of for a while; it fires and clears all the same."""

    rule: str
    begun_s: float
    until_s: float
    actor: str
    reason: str
