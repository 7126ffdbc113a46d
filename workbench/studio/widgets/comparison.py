"""Two saliencies side by side on one scale, and what the second gives more or less than the first.

Two prompts, two models or two methods: parts of the prompts that read the same are set against each
other, in order; what only one of them has is shown as that.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError
from workbench.studio.widgets import shades
from workbench.studio.widgets.saliency import UNIT, WHOLE, Saliency, largest, saliency, same_texts
from workbench.studio.widgets.showing import Shown

if TYPE_CHECKING:
    from workbench.interpretability.attribution.result import Attribution


@dataclass(frozen=True)
class Comparison(Shown):
    """Two saliencies with their names."""

    one: Saliency
    two: Saliency
    names: tuple[str, str]
    title: str

    @cached_property
    def pairs(self) -> tuple[tuple[int | None, int | None], ...]:
        """Parts of the first and of the second prompt that belong together, in order."""
        from difflib import SequenceMatcher

        one, two = ([part.text for part in side.parts] for side in (self.one, self.two))
        found: list[tuple[int | None, int | None]] = []
        for kind, a, b, c, d in SequenceMatcher(None, one, two, autojunk=False).get_opcodes():
            if kind == "equal":
                found += zip(range(a, b), range(c, d), strict=True)
            else:
                found += [(i, None) for i in range(a, b)] + [(None, j) for j in range(c, d)]
        return tuple(found)

    @property
    def held(self) -> tuple[int, ...]:
        """The numbers of the pairs that were replaced in neither, so that they do not differ."""
        return tuple(
            number
            for number, (i, j) in enumerate(self.pairs)
            if (i is None or i in self.one.held) and (j is None or j in self.two.held)
        )

    @property
    def shares_targets(self) -> bool:
        """Whether the answers are cut into the same tokens, so that each can be compared."""
        return same_texts(self.one.targets, self.two.targets)

    def differences(self, target: int) -> list[tuple[str, str, float]]:
        """For each pair the sign, where it is (``both``, or the name of one), and the number.

        For a part that both have the number is the second's score less the first's; for others it
        is the score itself.
        """
        one, two = self.one.of(target).tolist(), self.two.of(target).tolist()
        found = []
        for i, j in self.pairs:
            if i is not None and j is not None:
                found.append((self.one.parts[i].sign, "both", two[j] - one[i]))
            elif i is not None:
                found.append((self.one.parts[i].sign, self.names[0], one[i]))
            elif j is not None:
                found.append((self.two.parts[j].sign, self.names[1], two[j]))
        return found

    def check(self, target: int) -> None:
        """Refuse a target that cannot be compared."""
        if target != WHOLE and not self.shares_targets:
            raise InputError(
                "the answers are cut into different tokens: only the whole answer can be compared",
                hint="target=-1",
            )
        self.one.of(target)

    def limit(self, target: int) -> float:
        """The end of the scale that both and their differences share."""
        if target == WHOLE:
            changes = [value for _, where, value in self.differences(WHOLE) if where == "both"]
            return max(self.one.limits[1], self.two.limits[1], largest(changes or [0.0]))
        return self._limit_of_tokens

    @cached_property
    def _limit_of_tokens(self) -> float:
        changes = [
            value
            for target in range(len(self.one.targets))
            for _, where, value in self.differences(target)
            if where == "both"
        ]
        return max(self.one.limits[0], self.two.limits[0], largest(changes or [0.0]))

    @property
    def warning(self) -> str:
        """What a reader must know before reading the scores."""
        said = [
            f"{name}: {side.warning}"
            for name, side in zip(self.names, (self.one, self.two), strict=True)
            if side.warning
        ]
        if not self.shares_targets:
            said.append("The answers differ, so only the whole answers are compared.")
        return " ".join(said)

    def text(self) -> str:
        changes = [each for each in self.differences(WHOLE) if math.isfinite(each[2])]
        changes.sort(key=lambda each: -abs(each[2]))
        decimals = shades.digits(self.limit(WHOLE))
        said = "; ".join(
            f"{sign} {shades.signed(value, decimals)}"
            + ("" if where == "both" else f" ({where} only)")
            for sign, where, value in changes[:6]
        )
        return f"{self.title}: the largest differences ({UNIT}): {said}"

    def html(self) -> str:
        from workbench.studio.widgets.comparison_html import draw

        return draw(self)

    def svg(self, *, target: int = WHOLE) -> str:
        from workbench.studio.widgets.comparison_svg import draw

        self.check(target)
        return draw(self, target)

    def live(self) -> Any:
        from workbench.studio.widgets.live import live

        arrays = {"one": self.one.scores, "two": self.two.scores}
        return live("comparison", self, self.payload(), arrays)

    def payload(self) -> dict[str, Any]:
        """What the script needs beside the scores."""
        limits = [self.limit(0) if self.shares_targets else self.limit(WHOLE), self.limit(WHOLE)]
        return {
            "title": self.title,
            "names": list(self.names),
            "warning": self.warning,
            "sides": [self.one.payload(), self.two.payload()],
            "pairs": [[-1 if i is None else i, -1 if j is None else j] for i, j in self.pairs],
            "held": list(self.held),
            "sharesTargets": self.shares_targets,
            "limits": limits,
            "digits": [shades.digits(limit) for limit in limits],
            "unit": UNIT,
        }


def compare(
    one: Attribution, two: Attribution, *, names: tuple[str, str] | None = None, title: str = ""
) -> Comparison:
    """Two attributions side by side on one scale, with their differences.

    Args:
        one: The first.
        two: The second; differences are its scores less those of the first.
        names: What the two are called; by default what they differ in.
        title: What stands above them.

    Raises:
        InputError: One of them is empty or too large to be shown, or the names are the same.
    """
    called = names or _names(one, two)
    if called[0] == called[1]:
        raise InputError(f"both are called {called[0]!r}", hint='names=("before", "after")')
    left, right = (
        saliency(each, title=name) for each, name in zip((one, two), called, strict=True)
    )
    return Comparison(left, right, called, title or f"{called[0]} and {called[1]}")


def _names(one: Attribution, two: Attribution) -> tuple[str, str]:
    for field in ("model", "method", "baseline"):
        first, second = (str(getattr(each, field)).replace("_", " ") for each in (one, two))
        if first != second:
            return first, second
    return "first prompt", "second prompt"
