"""How the values of a categorical column are made coarser: along a tree, or into sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbench.core.errors import InputError

ANY = "*"


@dataclass(frozen=True)
class Hierarchy:
    """For each value its coarser names, the finest first: ``{"Paris": ("France", "Europe")}``.

    All values have equally many. Above the coarsest stands ``*``.
    """

    above: Mapping[str, Sequence[str]]

    def __post_init__(self) -> None:
        lengths = {len(names) for names in self.above.values()}
        if len(lengths) > 1:
            raise InputError(
                f"values of a hierarchy have {min(lengths)} to {max(lengths)} names above them",
                hint="repeat a name where a level is missing, so that all have equally many",
            )

    def order(self, values: Sequence[str]) -> list[str]:
        """The values so that those with a common name stand side by side.

        Raises:
            InputError: A value is not in the hierarchy.
        """
        missing = [value for value in values if value not in self.above]
        if missing:
            raise InputError(f"the hierarchy lacks {missing[0]!r} and {len(missing) - 1} more")
        return sorted(values, key=lambda value: (*reversed(list(self.above[value])), value))

    def common(self, values: Sequence[str]) -> str:
        """The finest name that all the values share."""
        if len(values) == 1:
            return values[0]
        for names in zip(*(self.above[value] for value in values), strict=True):
            if len(set(names)) == 1:
                return names[0]
        return ANY


def set_name(values: Sequence[str]) -> str:
    """The union of some values, as a cell says it: ``Black|White``."""
    return "|".join(values)
