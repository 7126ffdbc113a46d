"""Where nothing further follows from where a thing is: at a river, a lake, a sea or a mountain.

``located_in`` holds of a town and the river on whose shore it lies, and of a river and each state
that it crosses. Both are so, and yet nobody was born in the Seine, and Vienna is not in Germany for
lying on the Danube. So no rule of two premises concludes where something is, or where somebody was
born or died, from a fact that ends there. This holds of each such rule, also of a mined one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..extraction.dependency.geography import WATERS_AND_MOUNTAINS
from ..words import word_set
from .matching import Said

WHEREABOUTS = frozenset({"located_in", "born_in", "died_in"})

_KINDS = WATERS_AND_MOUNTAINS | word_set(
    "rivers tributary tributaries distributary streams brook lakes reservoir lagoon seas ocean "
    "oceans straits gulf bay channel canal canals waterway watercourse estuary waterfall mountains "
    "range massif peak hill hills stratovolcano summit"
)
_FIRST = word_set("river lake mount gulf strait straits rio lago")
_LAST = word_set(
    "river creek lake sea ocean strait straits channel canal mountain mountains estuary fjord "
    "glacier reservoir lagoon gulf volcano"
)
_BY_HEART = word_set(
    "amazon nile danube rhine rhône rhone seine loire thames elbe oder vistula volga dnieper "
    "dniester po tiber ebro tagus douro meuse moselle tigris euphrates ganges indus brahmaputra "
    "yangtze mekong irrawaddy zambezi orinoco baltic mediterranean adriatic aegean atlantic "
    "pacific alps andes himalayas himalaya pyrenees carpathians apennines vltava severn shannon "
    "garonne neva neckar spree isar weser"
)
"""Some names that stand mostly without a word for what they are."""


def ends_of_the_way(facts: Iterable[Said]) -> frozenset[str]:
    """The waters and mountains among facts: by a class that is told of them, or by name."""
    found = set()
    for fact in facts:
        if fact.relation in WHEREABOUTS and _is_named_so(fact.object):
            found.add(fact.object)
        elif fact.relation == "is_a" and _is_kind(fact.object):
            found.add(fact.subject)
    return frozenset(found)


def carries_on(premises: Sequence[Said], head: str, ends: frozenset[str]) -> bool:
    """Whether a rule's head may follow from its premises.

    Args:
        premises: The facts that its body found.
        head: The relation of what would follow.
        ends: What ``ends_of_the_way`` gave.
    """
    if head not in WHEREABOUTS or len(premises) < 2:
        return True
    return not any(each.relation in WHEREABOUTS and each.object in ends for each in premises)


def _is_kind(name: str) -> bool:
    """Whether a class is one of waters or mountains: *long river in France*, *body of water*."""
    said = name.split(" in ")[0].split(" of ")
    last = said[0].split()
    return bool(last) and (last[-1] in _KINDS or name.startswith("body of water"))


def _is_named_so(name: str) -> bool:
    parts = name.split()
    if len(parts) < 2:
        return name in _BY_HEART
    return parts[0] in _FIRST or parts[-1] in _LAST
