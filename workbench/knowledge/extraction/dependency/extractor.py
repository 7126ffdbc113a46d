"""The extractor by rules on parsed sentences, for English.

A fact that is told of a pronoun or of "the city" is kept as one of the topic's name, and its
evidence then reaches from that name to the sentence. Where the topic is not named in the passage
such a fact is left out: nobody could tell what it is about.
"""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

from workbench.models.english import english_version, load_english

from ..learnt.deciding import Settler
from ..protocol import Alias, Assertion, Extraction, Mention, Passage, Span
from .believable import is_believable
from .companions import Helper, helpers_for
from .confidences import confidence_of
from .kinds import KINDS, bare, kinds_of
from .logs import is_log
from .parsing import parse_without_insertions
from .reading import Found
from .reading import Passage as Parsed
from .rules import RULES, RULES_VERSION, find_all
from .sharing import SharedReading
from .tree import Phrase

_NAME_CONFIDENCE = (
    0.6  # 143 of its 241 names on the development sentences were of the labelled type
)
_TIMED = frozenset({"held_office", "member_of"})
_BATCH = 64
# How products are rounded, and what is read from.
_HOW = "in blocks, English alone, no lists, logs or rows"
_BAR = " | "  # between the cells of a row that stands as it is seen
_WORTH_SHARING = 16  # passages
_LOCK = threading.Lock()


class DependencyExtractor:
    """Names by spaCy's model, relations by rules on its trees: some 240 sentences a CPU second.

    Args:
        rules: The rules that are asked, all by default.
        follow_topic: Whether pronouns and "the city" stand for the topic.
        settler: What decides which facts are kept, and adds some; by default the network that was
            trained in this home, if one was. None for the rules alone.
    """

    name = "dependencies"
    names_from_list = False

    def __init__(
        self,
        *,
        rules: tuple[Any, ...] = RULES,
        follow_topic: bool = True,
        settler: Settler | Literal["learnt"] | None = "learnt",
    ) -> None:
        self._rules = rules
        self._follow_topic = follow_topic
        self._given_settler = settler
        self._shared: SharedReading | None = None

    @property
    def version(self) -> str:
        """That of the rules, of spaCy and its model, and of the network where there is one."""
        alone = f"{RULES_VERSION} {english_version()} {_HOW}"
        return alone if self._settler is None else f"{alone} {self._settler.version}"

    @property
    def advice(self) -> str:
        """What would have it find more."""
        if self._given_settler != "learnt" or self._settler is not None:
            return ""
        return (
            "rules alone read here: workbench knowledge teach trains a network, once and in some "
            "minutes, with which the next update finds a quarter more of what sentences say"
        )

    @functools.cached_property
    def _settler(self) -> Settler | None:
        """Looked for once: one extractor reads all with the same, whatever is taught meanwhile."""
        if self._given_settler != "learnt":
            return self._given_settler
        from ..learnt.loading import find_settler

        return find_settler()

    def extract(self, chunk: Passage) -> Extraction:
        """What the passage mentions and says."""
        return next(iter(self.extract_many([chunk])))

    def extract_many(self, passages: Sequence[Passage]) -> Iterator[Extraction]:
        """As ``extract``, for many at once; code, rows of tables and logs say nothing.

        With helpers at work they begin at once, whenever the result is asked for.
        """
        if self._shared is None or len(passages) < _WORTH_SHARING:
            return self._extract_here(passages)
        return self._shared.read(passages)

    @contextlib.contextmanager
    def at_work(self, passages: int) -> Iterator[None]:
        """Within it so many passages are expected: other processes read a part of them.

        What is found is the same.
        """
        usual = self._rules is RULES and self._given_settler == "learnt"
        wanted = helpers_for(passages) if usual else 0
        if not wanted:
            yield
            return
        network = self._settler.path if self._settler is not None else None
        helpers = [Helper(follow_topic=self._follow_topic, network=network) for _ in range(wanted)]
        self._shared = SharedReading(helpers, self._extract_here)
        try:
            yield
        finally:
            self._shared.close()
            self._shared = None

    def _extract_here(self, passages: Sequence[Passage]) -> Iterator[Extraction]:
        texts = [each.text if _is_to_be_read(each) else "" for each in passages]
        settler = self._settler
        for text, parsed in zip(texts, self.parse(texts), strict=True):
            yield self._extraction(parsed, settler) if text.strip() else Extraction()

    def parse(self, texts: Iterable[str]) -> Iterator[Parsed]:
        """The parsed texts, in order."""
        texts = list(texts)
        for start in range(0, len(texts), _BATCH):
            part = texts[start : start + _BATCH]
            with _LOCK:  # the pipeline's vocabulary grows while it reads
                docs = _read(part)
            for doc in docs:
                yield Parsed(doc, follow_topic=self._follow_topic)

    def find(self, parsed: Parsed) -> list[Found]:
        """What the rules find in a parsed text, pronouns as they stand."""
        return list(find_all(parsed, rules=self._rules))

    def _extraction(self, parsed: Parsed, settler: Settler | None) -> Extraction:
        found = [each for each in _in_english(parsed, self.find(parsed)) if is_believable(each)]
        found = [each for each in found if not _is_of_a_row(parsed, each)]
        if settler is not None:
            from workbench.models.row_blocks import one_thread

            with one_thread():
                found = settler.settle(parsed, found)
        assertions = [each for each in (_assertion(parsed, one) for one in found) if each]
        aliases = [
            Alias(each.object.span, each.subject.span, confidence_of(each.rule))
            for each in found
            if each.rule == "short_form"
        ]
        return Extraction(tuple(_mentions(parsed, found)), tuple(aliases), tuple(assertions))


def _is_to_be_read(passage: Passage) -> bool:
    return passage.kind in {"text", "heading"} and not is_log(passage.text)


def _read(texts: Sequence[str]) -> list[Any]:
    pipeline = load_english(in_blocks=True)
    from workbench.models.row_blocks import one_thread

    with one_thread():
        return list(parse_without_insertions(pipeline, texts, batch_size=_BATCH))


def _in_english(parsed: Parsed, found: Sequence[Found]) -> list[Found]:
    """Facts that end in a sentence which is not of another language."""
    spans = [(each.start, each.end) for each in parsed.english]
    return [
        each for each in found if any(start <= each.object.head.i < end for start, end in spans)
    ]


def _is_of_a_row(parsed: Parsed, found: Found) -> bool:
    """Whether an end of it stands in a row of a table, whose cells are no sentence."""
    text = parsed.doc.text
    for place in (found.subject.head.idx, found.object.head.idx):
        end = text.find("\n", place)
        line = text[text.rfind("\n", 0, place) + 1 : end if end >= 0 else len(text)]
        if _BAR in line:
            return True
    return False


def _mentions(parsed: Parsed, found: Sequence[Found]) -> Iterator[Mention]:
    kinds = kinds_of(parsed.doc.ents, found)
    for each in parsed.doc.ents:
        if each.label_ in KINDS:
            name = bare(each)
            yield Mention(name.start_char, name.end_char, kinds[name.text], _NAME_CONFIDENCE)


def _assertion(parsed: Parsed, found: Found) -> Assertion | None:
    subject, thing = _named(parsed, found.subject), _named(parsed, found.object)
    if subject is None or thing is None or subject == thing:
        return None
    sentence = found.object.head.sent
    spans = [subject, thing, (sentence.start_char, sentence.end_char)]
    when = found.when if found.relation in _TIMED else None
    return Assertion(
        subject,
        found.relation,
        thing,
        evidence=(min(start for start, _ in spans), max(end for _, end in spans)),
        confidence=confidence_of(found.rule) if found.chance is None else found.chance,
        valid_from=when.first if when else None,
        valid_to=when.last if when else None,
    )


def _named(parsed: Parsed, phrase: Phrase) -> Span | None:
    """Where an argument is named: the topic's name for a pronoun."""
    if not phrase.is_topic:
        return phrase.span
    return parsed.topic.phrase.span if parsed.topic is not None else None
