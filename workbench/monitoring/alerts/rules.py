"""A rule: what is measured, when it fires, when it is over, and who is told how often."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

import annotated_types as limits
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from workbench.core.near_names import meant, near_names
from workbench.monitoring.samples.kinds import KINDS

from .expressions import Metric, parse_metric
from .quiet import QuietHours, Severity
from .spans import span_s

Span = Annotated[float, BeforeValidator(span_s)]
NoData = Literal["keep", "clear", "alert"]
USAGE = (
    "calls", "errors", "failed", "error_share", "failed_share", "tokens", "cost_usd",
    "latency_p50_s", "latency_p95_s", "first_token_p95_s", "queue_p95_s",
)  # fmt: skip
DRIFT = ("drifted", "columns", "psi")
_KEPT = re.compile(r"[a-z][a-z0-9_]{0,62}")


def check_name(name: str) -> None:
    """Raise ValueError for a name that is nowhere measured."""
    first, _, rest = name.partition(".")
    known: dict[str, tuple[str, ...]] = {"samples": tuple(KINDS), "usage": USAGE}
    if first in known:
        if rest not in known[first]:
            near = near_names(rest, known[first])
            raise ValueError(f"{name!r} is not measured{'; ' + meant(near) if near else ''}")
    elif first == "drift":
        kept, _, what = rest.partition(".")
        if not _KEPT.fullmatch(kept) or what not in DRIFT:
            raise ValueError(f"{name!r} is not drift.NAME.{', .'.join(DRIFT)}")
    elif first != "measures" or not rest or "." in rest:
        raise ValueError(f"{name!r} is not of samples, usage, measures or drift")


def _metric(text: Any) -> Metric:
    return text if isinstance(text, Metric) else parse_metric(str(text), check=check_name)


class Rule(BaseModel):
    """One rule. Spans are in seconds once they are read; ``above`` or ``below``, never both."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, populate_by_name=True, arbitrary_types_allowed=True
    )

    title: Annotated[str, Field(min_length=1, max_length=120)]
    metric: Annotated[Metric, BeforeValidator(_metric)]
    unit: str = ""
    above: Annotated[float, Field(allow_inf_nan=False)] | None = None
    below: Annotated[float, Field(allow_inf_nan=False)] | None = None
    clear: Annotated[float, Field(allow_inf_nan=False)] | None = None
    lasting_s: Annotated[Span, Field(alias="for")] = 0.0
    window_s: Annotated[Span, Field(alias="window")] = 0.0
    where: Mapping[Literal["model", "team", "user"], str] = {}
    least_calls: Annotated[int, limits.Ge(1)] = 1
    severity: Severity = "warning"
    group: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$")] = "other"
    repeat_s: Annotated[Span, Field(alias="repeat")] = 4 * 3600.0
    no_data: NoData = "keep"
    quiet: bool = True
    advice: Annotated[str, Field(alias="try")] = ""

    @model_validator(mode="after")
    def _levels(self) -> Self:
        if (self.above is None) == (self.below is None):
            raise ValueError("a rule has above or below, and not both")
        clear = self.clear_level
        wrong = clear > self.threshold if self.above is not None else clear < self.threshold
        if wrong:
            side = "above" if self.above is not None else "below"
            raise ValueError(f"clear {clear:g} lies {side} {self.threshold:g}, which fires")
        needs = [each for each in self.metric.names if each.startswith(("usage.", "measures."))]
        if needs and not self.window_s:
            raise ValueError(f"{needs[0]} needs a window, such as window: 10m")
        if "team" in self.where and any(each.startswith("usage.") for each in needs):
            raise ValueError("usage is not told apart by team; measures are")
        return self

    @property
    def threshold(self) -> float:
        """The level past which it fires."""
        level = self.above if self.above is not None else self.below
        assert level is not None
        return level

    @property
    def clear_level(self) -> float:
        """The level back at which it is over; the other one where none is named."""
        return self.threshold if self.clear is None else self.clear

    def is_past(self, value: float) -> bool:
        """Whether a value is one to alert on."""
        return value > self.threshold if self.above is not None else value < self.threshold

    def is_over(self, value: float) -> bool:
        """Whether a value ends an alert."""
        return value <= self.clear_level if self.above is not None else value >= self.clear_level

    def is_worse(self, value: float, other: float) -> bool:
        """Whether one value is further past the level than another."""
        return value > other if self.above is not None else value < other


class RuleFile(BaseModel):
    """The whole of ``alerts.yaml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    quiet_hours: Mapping[str, QuietHours] = {}
    rules: Mapping[str, Rule]

    def is_quiet(self, rule: Rule, now_s: float) -> bool:
        """Whether a rule's alerts are not told at a Unix time."""
        each = self.quiet_hours.values()
        return rule.quiet and any(hours.hold(rule.severity, now_s) for hours in each)
