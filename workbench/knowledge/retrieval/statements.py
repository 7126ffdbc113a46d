"""What one sentence says of a question, and what two do: the nearest that is to its answer.

A passage may have all words of a question and yet no sentence that answers it. So sentences are
looked at each for itself, with the title of their passage, which a pronoun stands for: what of the
question they say, whether they have the word that is asked for, and a year where one is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .names import words_of
from .passage_graph import PassageGraph
from .plans import Plan
from .questions import Question
from .related_words import related
from .words import NUMBER_WORDS, stem, stem_set

if TYPE_CHECKING:
    import numpy as np

SENTENCE_FEATURES = (
    *("said", "said_rest", "said_rarest_missing", "said_names", "said_asked", "said_kind"),
    *("said_title", "said_cosine", "names_in_passage", "names_in_sentence", "said_of_named"),
)
"""Of the sentence that says most of a question: the shares of all its words, of those that are no
names and of names, its first word that is no name, and whether it has what kind of thing is asked
for. The last three are the best of any sentence of the first passages."""

PATH_FEATURES = (
    *("path_said", "path_rest", "path_rarest_missing", "path_names", "path_asked", "path_kind"),
    *("path_bridge", "path_gain", "path_second_rest", "path_first_rest"),
)
"""The same of the two sentences of a pair of passages that say most together; the asked word and
the kind are those of the second. Further whether one names the other passage, what two say more
than one, and what the second says of what the first leaves."""

# The weights were fitted to these lists.
_KINDS = stem_set("year date day decade century name number called title kind type word term")
_NUMBERS = stem_set(f"{NUMBER_WORDS} half once twice")
_CENTURY = stem_set("century centuries")
_ELSEWHERE = 0.4  # what a word counts that only the rest of a passage has
_SECOND_TITLE = 0.8  # ... and one of the title of a second passage
_WITHOUT_KIND = 0.7  # what a sentence counts that has not the kind of thing that is asked for
_PAIRS = 6
_MORE_WORDS = 3  # a sentence that only repeats the question has no more than so many others
_COVERED = 0.7
_TITLED = 0.5


@dataclass(frozen=True)
class _Read:
    """A passage's sentences: how far they say each word, shape (sentences, words)."""

    said: np.ndarray
    title: np.ndarray
    anywhere: np.ndarray
    kinds: np.ndarray
    stems: tuple[frozenset[int], ...]


class Statements:
    """Reads the sentences of passages for one question.

    Args:
        question: The question.
        graph: The graph of what was searched.
    """

    def __init__(self, question: Question, graph: PassageGraph) -> None:
        import numpy as np

        self.graph, self._question = graph, question
        stems = list(dict.fromkeys(map(stem, question.telling)))
        named = [number in question.names for number in question.stems]
        self._every = frozenset(question.stems)
        self._related = [related(word, graph.words) for word in stems]
        self.weights = np.array(question.weights, dtype=float)
        kinds = np.array([word in _KINDS for word in stems], dtype=bool)
        self.names = np.array(named, dtype=bool)
        rest = ~self.names & ~kinds
        self.rest = rest if rest.any() else ~self.names
        self.used = ~kinds | self.names
        self._asked = int(self.rest.argmax()) if self.rest.any() else -1
        numbers = graph.words.number_of
        self._numbers = frozenset(numbers[word] for word in _NUMBERS if word in numbers)
        self._century = frozenset(numbers[word] for word in _CENTURY if word in numbers)
        self._known: dict[int, _Read] = {}

    def share(self, said: np.ndarray, chosen: np.ndarray) -> np.ndarray:
        """The share of the weight of chosen words that is said; 1 where none is chosen."""
        import numpy as np

        held = self.weights * chosen
        total = held.sum()
        return said @ held / total if total else np.ones(said.shape[:-1])

    def missing(self, said: np.ndarray) -> float:
        """The weight of the rarest word, names aside, that is not said; in tens."""
        return float(((1 - said) * self.weights * self.rest).max(initial=0.0)) / 10

    def asked(self, said: np.ndarray) -> np.ndarray:
        """How far the word that is asked for is said."""
        import numpy as np

        return said[..., self._asked] if self._asked >= 0 else np.ones(said.shape[:-1])

    def titled(self, passage: int) -> float:
        """The share of the words of a passage's title that the question has."""
        title = self.graph.title_stems[passage]
        return len(title & self._every) / max(1, len(title))

    def read(self, passage: int) -> _Read:
        """A passage's sentences, without its title where that is one."""
        import numpy as np

        known = self._known.get(passage)
        if known is None:
            stems = self.graph.words.sentences(passage)
            heading = set(map(stem, words_of(self.graph.titles[passage])))
            if len(stems) > 1 and len(stems[0]) <= len(heading):
                stems = stems[1:]
            title = self.graph.title_stems[passage]
            known = self._known[passage] = _Read(
                np.array([self._covered(each) for each in stems]).reshape(len(stems), -1),
                np.array([float(number in title) for number in self._question.stems]),
                np.array(self._covered(frozenset[int]().union(title, *stems))),
                np.array([self._has_kind(each, title) for each in stems]),
                stems,
            )
        return known

    def _covered(self, stems: frozenset[int]) -> list[float]:
        return [
            max((far for number, far in each.items() if number in stems), default=0.0)
            for each in self._related
        ]

    def _has_kind(self, stems: frozenset[int], title: frozenset[int]) -> float:
        words, new = self.graph.words, stems - self._every
        if self._question.asks_year:
            return float(bool(new & self._century) or any(words.is_year[each] for each in new))
        if self._question.asks_number:
            return float(bool(new & self._numbers) or any(words.is_number[each] for each in new))
        return float(len(new - title) > _MORE_WORDS)


def sentence_features(
    statements: Statements, passages: Sequence[int], cosines: dict[int, float]
) -> list[float]:
    """In the order of ``SENTENCE_FEATURES``.

    Args:
        statements: Of the question.
        passages: Those that are looked at, at least one.
        cosines: Of passages with the question.
    """
    import numpy as np

    best: tuple[float, int, int] | None = None
    names, named, of_named = 0.0, 0.0, 0.0
    for passage in passages:
        read = statements.read(passage)
        with_title = np.maximum(read.said, read.title)
        said = np.maximum(with_title, _ELSEWHERE * read.anywhere)
        scores = statements.share(said, statements.used)
        scores = scores * (_WITHOUT_KIND + (1 - _WITHOUT_KIND) * read.kinds)
        place = int(scores.argmax())
        if best is None or scores[place] > best[0]:
            best = float(scores[place]), passage, place
        names = max(names, float(statements.share(read.anywhere, statements.names)))
        named = max(named, float(statements.share(with_title, statements.names).max()))
        if statements.titled(passage) > _TITLED:
            rest = statements.share(read.said, statements.rest) * read.kinds
            of_named = max(of_named, float(rest.max()))
    assert best is not None
    score, passage, place = best
    read = statements.read(passage)
    line = read.said[place]
    return [
        score,
        float(statements.share(line, statements.rest)),
        statements.missing(line),
        float(statements.share(np.maximum(line, read.title), statements.names)),
        float(statements.asked(line)),
        float(read.kinds[place]),
        statements.titled(passage),
        cosines[passage],
        *(names, named, of_named),
    ]


def path_features(statements: Statements, plan: Plan) -> list[float]:
    """In the order of ``PATH_FEATURES``; zeros where there is no pair."""
    import numpy as np

    best: tuple[float, int, int, int] | None = None
    for number, pair in enumerate(plan.pairs[:_PAIRS]):
        first, second = statements.read(pair.first), statements.read(pair.second)
        left = np.maximum(first.said, first.title)[:, None]
        right = np.maximum(second.said, _SECOND_TITLE * second.title)[None]
        said = statements.share(np.maximum(left, right), statements.used)
        said = said + 0.05 * second.kinds + 0.05 * _linked(statements, pair.first, pair.second)
        said = said + 0.1 * statements.asked(second.said) + 0.15 * plan.chances[number]
        one, other = divmod(int(said.argmax()), said.shape[1])
        if best is None or said[one, other] > best[0]:
            best = float(said[one, other]), number, one, other
    if best is None:
        return [0.0] * len(PATH_FEATURES)
    _, number, one, other = best
    pair = plan.pairs[number]
    first, second = statements.read(pair.first), statements.read(pair.second)
    line, next_line = first.said[one], second.said[other]
    both = np.maximum(line, next_line)
    titled = np.maximum(line, first.title), np.maximum(next_line, second.title)
    apart = np.maximum(next_line, _SECOND_TITLE * second.title)
    together = float(statements.share(np.maximum(titled[0], apart), statements.used))
    alone = max(float(statements.share(each, statements.used)) for each in titled)
    return [
        together,
        float(statements.share(both, statements.rest)),
        statements.missing(both),
        float(statements.share(np.maximum(*titled), statements.names)),
        float(statements.asked(next_line)),
        float(second.kinds[other]),
        float(_linked(statements, pair.first, pair.second)[one, other]),
        together - alone,
        float(statements.share(next_line, statements.rest & (line < _COVERED))),
        float(statements.share(line, statements.rest)),
    ]


def _linked(statements: Statements, first: int, second: int) -> np.ndarray:
    """Which sentences of one passage name the other, shape (first's, second's)."""
    import numpy as np

    titles = statements.graph.title_stems
    on = [bool(titles[second]) and titles[second] <= each for each in statements.read(first).stems]
    back = [bool(titles[first]) and titles[first] <= each for each in statements.read(second).stems]
    return np.maximum.outer(np.array(on, dtype=float), np.array(back, dtype=float))
