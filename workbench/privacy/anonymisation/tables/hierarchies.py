"""How the values of a categorical column are made coarser: along a tree, or into sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from workbench.core.errors import InputError

ANY = "*"


@dataclass(frozen=True)
class Hierarchy:
    """For each value its coarser names, the finest first: ``{"Paris": ("France", "Europe")}``.

    All values have equally many. Above the coarsest stands ``*``. Values are text, and their order
    here is the order in which a table is cut.

    Raises:
        InputError: Values have unequally many names, or a name stands below two others.
    """

    above: Mapping[str, Sequence[str]]

    def __post_init__(self) -> None:
        if not self.above:
            raise InputError("the hierarchy has no values", hint="name each value of the column")
        few = min(self.above, key=lambda value: len(self.above[value]))
        many = max(self.above, key=lambda value: len(self.above[value]))
        low, high = len(self.above[few]), len(self.above[many])
        if low != high:
            raise InputError(
                f"values of a hierarchy have {low} to {high} names above them: {few!r} has {low}, "
                f"{many!r} has {high}",
                hint="repeat a name where a level is missing, so that all have equally many",
            )
        parents: dict[tuple[int, str], str] = {}
        for names in self.above.values():
            for level, (name, parent) in enumerate(pairwise(names)):
                known = parents.setdefault((level, name), parent)
                if known != parent:
                    raise InputError(
                        f"{name!r} stands below both {known!r} and {parent!r}",
                        hint="a name has one parent",
                    )

    @cached_property
    def _leaves(self) -> dict[tuple[int, str], frozenset[str]]:
        """The values below each name, by its level from the finest."""
        found: dict[tuple[int, str], set[str]] = {}
        for value, names in self.above.items():
            for level, name in enumerate(names):
                found.setdefault((level, name), set()).add(value)
        return {key: frozenset(values) for key, values in found.items()}

    def order(self, values: Sequence[str]) -> list[str]:
        """The values so that those with a common name stand side by side, else as in the tree.

        Raises:
            InputError: A value is not in the hierarchy.
        """
        missing = [value for value in values if value not in self.above]
        if missing:
            more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
            raise InputError(
                f"the hierarchy has no parent for {missing[0]!r}{more}",
                hint="every value of the column has a line in its hierarchy",
            )
        first: dict[tuple[int, str], int] = {}
        for at, names in enumerate(self.above.values()):
            for level, name in enumerate(names):
                first.setdefault((level, name), at)
        place = {value: at for at, value in enumerate(self.above)}

        def path(value: str) -> tuple[int, ...]:
            names = list(enumerate(self.above[value]))
            return (*(first[level, name] for level, name in reversed(names)), place[value])

        return sorted(values, key=path)

    def common(self, values: Sequence[str]) -> tuple[str, frozenset[str]]:
        """The finest name that all the values share, and every value that it stands for."""
        if len(values) == 1:
            return values[0], frozenset(values)
        for level, names in enumerate(zip(*(self.above[value] for value in values), strict=True)):
            if len(set(names)) == 1:
                return names[0], self._leaves[level, names[0]]
        return ANY, frozenset(self.above)


def set_name(values: Sequence[str]) -> str:
    """The union of some values, as a cell says it: ``Black|White``."""
    return "|".join(values)
