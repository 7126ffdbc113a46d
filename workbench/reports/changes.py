"""What changed between two runs of one notebook."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .claims import format_value

# Shorter runs differ by more than this for no reason at all.
_NOTABLE_RATIO = 1.5
_LEAST_NOTABLE_S = 2.0


@dataclass(frozen=True)
class Difference:
    """One thing before and after; None where it was not there."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Changes:
    """The differences of a run to the one before it. ``before`` is that run's id."""

    before: str
    status: Difference | None = None
    claims: list[Difference] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    mended: list[str] = field(default_factory=list)
    parameters: list[Difference] = field(default_factory=list)
    versions: list[Difference] = field(default_factory=list)
    inputs: list[Difference] = field(default_factory=list)
    notebook_changed: bool = False
    commit: Difference | None = None
    duration_s: Difference | None = None
    duration_ratio: float | None = None

    @property
    def lines(self) -> list[str]:
        """The differences as sentences, what matters most first."""
        said = []
        if self.status:
            said.append(f"{self.status.before} before, {self.status.after} now")
        said += [f"claim {name!r} fails, and held before" for name in self.broken]
        said += [f"claim {name!r} holds, and failed before" for name in self.mended]
        said += [_claim_line(each) for each in self.claims]
        said += [_line("parameter", each) for each in self.parameters]
        said += [_line("input", each) for each in self.inputs]
        if self.notebook_changed:
            said.append("the notebook itself was edited")
        said += [_line("package", each) for each in self.versions]
        if self.duration_s and self.duration_ratio is not None:
            slower = self.duration_ratio > _NOTABLE_RATIO
            if slower or self.duration_ratio < 1 / _NOTABLE_RATIO:
                before_s, after_s = self.duration_s.before, self.duration_s.after
                said.append(f"took {after_s:.1f} s, and {before_s:.1f} s before")
        return said


def compare(before: dict[str, Any], after: dict[str, Any]) -> Changes:
    """The differences between the records of two runs."""
    old = {claim["name"]: claim for claim in before["claims"]}
    new = {claim["name"]: claim for claim in after["claims"]}
    both = [name for name in new if name in old]
    return Changes(
        before=before["run_id"],
        status=_difference("status", before["status"], after["status"]),
        claims=_differences(
            {name: claim["value"] for name, claim in old.items()},
            {name: claim["value"] for name, claim in new.items()},
        ),
        broken=[name for name in both if old[name]["ok"] and not new[name]["ok"]],
        mended=[name for name in both if new[name]["ok"] and not old[name]["ok"]],
        parameters=_differences(before["parameters"], after["parameters"]),
        # What only one of the two had loaded says more about the kernel than about the versions.
        versions=[
            each
            for each in _differences(before["versions"], after["versions"])
            if each.before is not None and each.after is not None
        ],
        inputs=_differences(_hashes(before), _hashes(after)),
        notebook_changed=before["notebook_sha256"] != after["notebook_sha256"],
        commit=_difference("commit", before["commit"].get("sha"), after["commit"].get("sha")),
        duration_s=_difference("duration_s", before["duration_s"], after["duration_s"]),
        duration_ratio=_ratio(before["duration_s"], after["duration_s"]),
    )


def _ratio(before_s: float, after_s: float) -> float | None:
    """How many times as long; None where both are too short to say."""
    if not before_s or max(before_s, after_s) < _LEAST_NOTABLE_S:
        return None
    return round(after_s / before_s, 3)


def _hashes(record: dict[str, Any]) -> dict[str, str]:
    return {used["name"]: used["sha256"][:12] for used in record["inputs"]}


def _difference(name: str, before: Any, after: Any) -> Difference | None:
    return None if before == after else Difference(name, before, after)


def _differences(before: dict[str, Any], after: dict[str, Any]) -> list[Difference]:
    names = [*after, *(name for name in before if name not in after)]
    found = (_difference(name, before.get(name), after.get(name)) for name in names)
    return [each for each in found if each is not None]


def _claim_line(each: Difference) -> str:
    if each.before is None:
        return f"claim {each.name!r} is new: {format_value(each.after)}"
    if each.after is None:
        return f"claim {each.name!r} is gone or not a number; it was {format_value(each.before)}"
    said = (
        f"claim {each.name!r} went from {format_value(each.before)} to {format_value(each.after)}"
    )
    numbers = [
        value
        for value in (each.before, each.after)
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    ]
    if len(numbers) == 2 and numbers[0]:
        said += f" ({(numbers[1] - numbers[0]) / abs(numbers[0]):+.1%})"
    return said


def _line(noun: str, each: Difference) -> str:
    if each.before is None:
        return f"{noun} {each.name} is new: {each.after}"
    if each.after is None:
        return f"{noun} {each.name} is gone; it was {each.before}"
    return f"{noun} {each.name} went from {each.before} to {each.after}"
