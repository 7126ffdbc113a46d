"""Linking: which entity a name in a document is. A pure function of what the documents say.

A name's key is its own entity, unless the document says that it is short for something; if that
says nothing, unless all documents that say so agree. Where two long forms are said of one short
form, it is neither: an acronym in forty senses is forty entities and, where nothing tells them
apart, one more. Then the senses of homonyms, each a key of its own (``name#sense``), then the
merges: entities that belong together are called by the least key.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from .extraction.names import name_key


class Links:
    """The entities of a state.

    Args:
        aliases: Document, short name and long name, for each place that says so.
        merges: Pairs of keys that were merged and not unmerged since.
        senses: For a document and the key of a name the sense that it has there.
    """

    def __init__(
        self,
        aliases: Iterable[tuple[int, str, str]],
        merges: Iterable[tuple[str, str]],
        *,
        senses: Mapping[tuple[int, str], str] | None = None,
    ) -> None:
        own: dict[tuple[int, str], set[str]] = defaultdict(set)
        everywhere: dict[str, set[str]] = defaultdict(set)
        for document, short, long in aliases:
            own[document, name_key(short)].add(name_key(long))
            everywhere[name_key(short)].add(name_key(long))
        self._own: Mapping[tuple[int, str], set[str]] = own
        self._everywhere: Mapping[str, set[str]] = everywhere
        self._heads = _components(merges)
        self._senses = senses or {}
        self._known: dict[tuple[int, str], str] = {}

    @property
    def ambiguous(self) -> dict[str, tuple[str, ...]]:
        """Short forms of which documents say different things, with what they say."""
        return {
            short: tuple(sorted(longs))
            for short, longs in sorted(self._everywhere.items())
            if len(longs) > 1
        }

    def entity(self, document: int, name: str) -> str:
        """The key of the entity that a name in a document is."""
        place = (document, name)
        if place not in self._known:
            self._known[place] = self.head(self.unmerged(document, name_key(name)))
        return self._known[place]

    def head(self, key: str) -> str:
        """The key of the entity that an entity was merged into."""
        return self._heads.get(key, key)

    def unmerged(self, document: int, key: str) -> str:
        """The same before the merges, of a name's key."""
        long = self._long_form(document, key)
        sense = self._senses.get((document, long), "")
        return f"{long}#{sense}" if sense else long

    def _long_form(self, document: int, key: str) -> str:
        seen = [key]
        while True:
            longs = self._own.get((document, seen[-1])) or self._everywhere.get(seen[-1], set())
            if len(longs) != 1:
                return seen[-1]
            (long,) = longs
            if long in seen:  # two that are said to be short for each other
                return min(seen[seen.index(long) :])
            seen.append(long)


def _components(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """For each key that is merged with others the least of them."""
    heads: dict[str, str] = {}

    def head(key: str) -> str:
        while heads.setdefault(key, key) != key:
            heads[key] = heads[heads[key]]
            key = heads[key]
        return key

    for first, second in pairs:
        low, high = sorted((head(first), head(second)))
        heads[high] = low
    return {key: head(key) for key in list(heads)}
