"""What an extractor is: a pure function of a passage, with a name and a version.

Whoever changes what it gives raises its version: each passage is then looked at anew. Spans are
``start`` to ``end`` in characters of the passage's text.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

Span = tuple[int, int]
DATE = re.compile(r"-?\d{4}(?:-\d\d(?:-\d\d)?)?")
"""As much of ``YYYY-MM-DD`` as is known."""


@dataclass(frozen=True)
class Passage:
    """The text of a chunk. ``kind`` is ``text``, ``heading``, ``code``, ``row`` or ``record``."""

    text: str
    kind: str = "text"


@dataclass(frozen=True)
class Mention:
    """A name that stands in the passage.

    ``kind`` is what the extractor takes it for (``person``; ``name`` if it does not know). ``name``
    is what a list of names calls it; by default it is called as it stands there.
    """

    start: int
    end: int
    kind: str = "name"
    confidence: float = 1.0
    name: str | None = None


@dataclass(frozen=True)
class Alias:
    """That the passage introduces a short form for a long one, as in *Long Form (LF)*."""

    short: Span
    long: Span
    confidence: float = 1.0


@dataclass(frozen=True)
class Assertion:
    """That the passage says: subject, relation, object.

    ``evidence`` is the span that says so. ``valid_from`` and ``valid_to`` are the first and the
    last time of which it is said, as much of ``YYYY-MM-DD`` as is known; None is unbounded.
    """

    subject: Span
    relation: str
    object: Span
    evidence: Span
    confidence: float = 1.0
    valid_from: str | None = None
    valid_to: str | None = None


@dataclass(frozen=True)
class Extraction:
    """All that an extractor found in one passage."""

    mentions: tuple[Mention, ...] = ()
    aliases: tuple[Alias, ...] = ()
    assertions: tuple[Assertion, ...] = ()


class Extractor(Protocol):
    """Finds names and what is said of them.

    One that is faster with many passages at once also has
    ``extract_many(passages: Sequence[Passage]) -> Iterable[Extraction]``, in the same order; it may
    begin at once, and what it returns may be read later. One that prepares for many also has
    ``at_work(passages: int)``, a context that is entered before.
    """

    @property
    def name(self) -> str:
        """One word."""

    @property
    def version(self) -> str:
        """Its own and that of the libraries and weights that its result depends on."""

    @property
    def names_from_list(self) -> bool:
        """Whether a mention's ``name`` may be other words than those that stand there.

        Only a list of the user's may do that: a model that writes names would invent some.
        """

    def extract(self, chunk: Passage) -> Extraction:
        """What the passage mentions and says."""


def extract_all(extractor: Extractor, passages: Sequence[Passage]) -> Iterable[Extraction]:
    """What an extractor finds in each passage, by its ``extract_many`` if it has one."""
    many = getattr(extractor, "extract_many", None)
    found: Iterable[Extraction]
    found = many(passages) if many else (extractor.extract(each) for each in passages)
    return found


@contextlib.contextmanager
def all_at_work(extractors: Iterable[Extractor], passages: int) -> Iterator[None]:
    """A context in which each extractor expects about so many passages."""
    with contextlib.ExitStack() as stack:
        for each in extractors:
            at_work = getattr(each, "at_work", None)
            if at_work is not None:
                stack.enter_context(at_work(passages))
        yield
