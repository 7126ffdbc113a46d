"""Token saliency: what each part of a prompt did for a target, and for each of its tokens."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError
from workbench.studio.markup import number as figure
from workbench.studio.widgets import shades
from workbench.studio.widgets.parts import Part, add_up, merge
from workbench.studio.widgets.showing import Shown

if TYPE_CHECKING:
    import numpy as np

    from workbench.interpretability.attribution.result import Attribution

WHOLE = -1
UNIT = "nats"
_MOST_PARTS, _MOST_SCORES = 4096, 1_000_000


@dataclass(frozen=True)
class Saliency(Shown):
    """Scores of prompt parts for target parts, as they are shown.

    ``scores[i, j]`` is the share of prompt part ``j`` in the log-probability of target part ``i``,
    in nats. Targets are numbered from 0; ``WHOLE`` (-1) is their sum. ``facts`` say in a few words
    how the scores were made; the parts in ``held`` were never replaced, so they have none.
    """

    title: str
    facts: tuple[str, ...]
    parts: tuple[Part, ...]
    targets: tuple[Part, ...]
    scores: np.ndarray
    warning: str = ""
    held: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        shape = (len(self.targets), len(self.parts))
        if self.scores.shape != shape:
            raise InputError(f"the scores have the shape {self.scores.shape}, not {shape}")
        if not self.parts or not self.targets:
            raise InputError("there is nothing to show: the prompt or the target has no tokens")
        if len(self.parts) > _MOST_PARTS or self.scores.size > _MOST_SCORES:
            raise InputError(
                f"{len(self.parts)} parts x {len(self.targets)} targets are too many to show; at "
                f"most {_MOST_PARTS} parts and {_MOST_SCORES:,} scores",
                hint="attribute to words or sentences instead of tokens",
            )

    def of(self, target: int) -> np.ndarray:
        """The scores for one target part, or for all of them together (``WHOLE``)."""
        if not WHOLE <= target < len(self.targets):
            raise InputError(
                f"there is no target {target}; they go from 0 to {len(self.targets) - 1}",
                hint="-1 is the whole answer",
            )
        return self.scores.sum(axis=0) if target == WHOLE else self.scores[target]

    @cached_property
    def limits(self) -> tuple[float, float]:
        """The end of the scale: of single targets, which share one, and of the whole answer."""
        return largest(self.scores), largest(self.of(WHOLE))

    def limit(self, target: int) -> float:
        """The end of the scale on which a target is shown; it begins at the same with a minus."""
        return self.limits[1 if target == WHOLE else 0]

    def name(self, target: int) -> str:
        """What a target is called."""
        return "the whole answer" if target == WHOLE else self.targets[target].sign

    @property
    def broken(self) -> int:
        """How many scores are not numbers."""
        import numpy as np

        return int((~np.isfinite(self.scores)).sum())

    def strongest(self, target: int, count: int = 3) -> list[int]:
        """The parts with the largest scores by size, the largest first."""
        values = [abs(v) if math.isfinite(v) else -1.0 for v in self.of(target).tolist()]
        return sorted(range(len(values)), key=lambda j: -values[j])[:count]

    def text(self) -> str:
        """The whole answer's scores in words."""
        decimals = shades.digits(self.limit(WHOLE))
        values = self.of(WHOLE).tolist()
        said = ", ".join(
            f"{self.parts[j].sign} {shades.signed(values[j], decimals)}"
            for j in self.strongest(WHOLE, 8)
        )
        return f"{self.title}: strongest for the whole answer ({UNIT}): {said}"

    def html(self) -> str:
        from workbench.studio.widgets.saliency_html import draw

        return draw(self)

    def svg(self, *, target: int = WHOLE) -> str:
        from workbench.studio.widgets.saliency_svg import draw

        return draw(self, target)

    def live(self) -> Any:
        from workbench.studio.widgets.live import live

        return live("saliency", self, self.payload(), {"scores": self.scores})

    def payload(self) -> dict[str, Any]:
        """What the script needs beside the scores."""
        return {
            "title": self.title,
            "facts": list(self.facts),
            "warning": self.warning,
            "parts": [part_row(part) for part in self.parts],
            "held": list(self.held),
            "targets": [part_row(part) for part in self.targets],
            "limits": list(self.limits),
            "digits": [shades.digits(limit) for limit in self.limits],
            "unit": UNIT,
        }


def part_row(part: Part) -> list[Any]:
    """A part for the script: its sign, its name, and whether a line ends after it."""
    return [part.sign, part.name, part.text.endswith("\n")]


def largest(values: Any) -> float:
    """The largest size among the numbers of an array; 0 if there is none."""
    import numpy as np

    sizes = np.abs(np.asarray(values, dtype=np.float64))
    sizes = sizes[np.isfinite(sizes)]
    return float(sizes.max()) if sizes.size else 0.0


def saliency(attribution: Attribution, *, title: str = "") -> Saliency:
    """An attribution as a widget: choose a target token, or the whole answer, and see the scores.

    It shows itself as a cell's value; ``.save("x.png")`` and ``.to_svg()`` make pictures.

    Args:
        attribution: What a method of ``workbench.interpretability`` gave.
        title: What stands above it; by default the model and the method.

    Raises:
        InputError: The attribution is empty, or too large to be shown.
    """
    parts, places = merge(
        attribution.tokens, attribution.token_ids, groups=attribution.groups,
        text=attribution.prompt,
    )  # fmt: skip
    targets, rows = _target_parts(attribution)
    scores = add_up(add_up(attribution.scores, places, axis=1), rows, axis=0)
    named = title or f"{attribution.method.replace('_', ' ').capitalize()}: {attribution.model}"
    held = {places[group] for group, is_held in enumerate(attribution.held) if is_held}
    return Saliency(
        named, facts_of(attribution), parts, targets, scores, warning_of(attribution),
        tuple(sorted(held)),
    )  # fmt: skip


def _target_parts(found: Attribution) -> tuple[tuple[Part, ...], tuple[int, ...]]:
    """The target as it was scored: token by token, or as a whole."""
    if len(found.targets) == 1:
        return (Part(found.targets[0], 0, len(found.target_ids), found.target_ids),), (0,)
    return merge(found.targets, found.target_ids, text=found.target)


def facts_of(found: Attribution) -> tuple[str, ...]:
    """How an attribution was made and what its own checks say, in a few words each."""
    said: list[str] = [f"baseline {found.baseline.replace('_', ' ')}"]
    if found.checked_with not in (None, found.baseline):
        said.append(f"checked with baseline {str(found.checked_with).replace('_', ' ')}")
    if found.steps is not None:
        said.append(f"{found.steps} steps")
    if found.baseline_value is None:
        said.append(f"log-probability {_number(float(found.value))} {UNIT}")
    else:
        said.append(
            f"log-probability {_number(float(found.value))} {UNIT}, baseline's "
            f"{_number(float(found.baseline_value))}"
        )
    if found.completeness_gap is not None:
        nats = found.completeness_gap_nats
        more = f" ({_number(float(nats))} {UNIT})" if nats is not None else ""
        said.append(f"completeness gap {100 * found.completeness_gap:.1f}%{more}")
    curves = (("deletion", found.deletion_auc), ("insertion", found.insertion_auc))
    said += [f"{name} area {_number(float(area))}" for name, area in curves if area is not None]
    if found.error_nats is not None:
        said.append(f"standard error up to {_number(largest(found.error_nats))} {UNIT}")
    if found.seed is not None:
        said.append(f"seed {found.seed}")
    return tuple(said)


def _number(value: float) -> str:
    return figure(value).replace("-", shades.MINUS)


def warning_of(found: Attribution) -> str:
    """What a reader must know before reading the scores; empty if nothing."""
    import numpy as np

    broken = int((~np.isfinite(np.asarray(found.scores, dtype=np.float64))).sum())
    if broken:
        return f"{broken} of {np.asarray(found.scores).size} scores are not numbers."
    gap = found.completeness_gap
    if gap is not None and gap > 0.1:
        return (
            f"The scores miss {100 * gap:.0f}% of what they should add up to: read them with care, "
            "or take more steps."
        )
    return ""


def same_texts(one: Sequence[Part], two: Sequence[Part]) -> bool:
    """Whether two rows of parts show the same."""
    return [part.text for part in one] == [part.text for part in two]
