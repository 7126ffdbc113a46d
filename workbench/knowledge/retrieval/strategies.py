"""Which way a question wants to be answered: fact, comparison, several hops, overview, or none.

Told from its words alone, by one logistic line a strategy, so that it costs nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from workbench.knowledge.words import word_set

from .asking_forms import put_plainly
from .names import words_of
from .scorers import Scorer, read_weights, scorer_of
from .words import content_words

if TYPE_CHECKING:
    import numpy as np

Strategy = Literal["fact", "comparison", "multi-hop", "overview", "none"]
STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)


_COMPARING = word_set(
    "older oldest younger newer higher highest taller longer longest shorter larger largest "
    "bigger biggest smaller heavier deeper farther faster more fewer less earlier later first "
    "before after sooner same both than between common"
)
_RELATING = word_set("that which who whom whose where when by")
SURVEYING = word_set(
    "kinds kind types type sorts forms ways main themes topics describe overview summarise "
    "summarize summary summarised outline explain tell compare differ differences various "
    "different roles role examples list everything general broadly collection documents described "
    "history influence causes effects"
)
_TALKING = word_set(
    "hello hi hey thanks thank please you your me my i translate write poem joke rewrite sing say "
    "bye goodbye morning evening good sorry calculate compute plus minus times repeat rhyme story "
    "email code function help"
)
_COLLECTION = word_set(
    "document documents file files folder folders notes texts collection base graph content "
    "contents corpus"
)
# Documents may be about one: all are meant by *this data*, and by *What is the data about?*
_MAY_BE_A_THING = word_set("note text data library")
_POINTING = word_set("this these my our your all")
_ABOUT_THEM = word_set("give show know known said contain contains cover covers deal deals me main")
_OF_A_THING = word_set("history influence causes effects role roles example examples different")
_A_THING = re.compile(r"what(?:\s+(?:is|are)|['’]s)(?:\s+an?)?\s+\w+\s*\?*$", re.I)
_CHOOSING = word_set("or than")
_POLAR = word_set("is are was were did do does has have can")
_SPEAKERS = word_set("i me my mine we us our you your yours please")
_ONE_SUBJECT = re.compile(r"(?:what|who|where|when)(?: is| was|['’]s)\b", re.I)
_NAMED = re.compile(r"\s[^\W\d_a-z]")  # a capital after the first word
_THE = re.compile(r"\bthe [a-z]", re.I)
# *Who shut the main valve?*, whatever the words of what was done.
_DONE_ONCE = re.compile(r"(?:who|when|where)\s+(?!are\b|were\b|have\b|do\b|else\b)\w+", re.I)
# *What does the ferry cost?*: one deed of one thing; but not *What does the report say of ice?*
_ONE_DEED = re.compile(
    r"what\s+(?:does|did)\s+(?!(?:it|this|that|these|they|we|you|i)\b)[\w’'-]+\s+[\w’'-]",
    re.I,
)
_SAYS = word_set("say says tell contain include cover report mention deal know")
# *What is the role of Ada Holm?*: a cell of a table, and no account of her.
_ONE_WORD_OF_A_NAME = re.compile(
    r"[Ww]hat(?:\s+(?:is|was)|['’]s)\s+the\s+(?:role|type|kind|sort|form)\s+of\s+(?:the\s+)?"
    r"[^\W\d_a-z][\w’'-]*(?:\s+(?:of\s+|the\s+)*[^\W\d_a-z][\w’'-]*)*\s*\?*$"
)
_AT_LARGE = re.compile(
    r"(?:(?:please|can you|could you)[, ]+)*(?:"
    r"(?:tell|give|show) (?:me|us) [\w ]*?\b(?:about|overview|summary|outline|introduction)\b|"
    r"(?:an? |the )?(?:short |brief )?(?:overview|summary|outline) of\b|"
    r"(?:describe|summari[sz]e|outline)\b|what (?:do you know|is known|is said) (?:about|of)\b|"
    r"what (?:is|are) .*\babout\s*\?*$)",
    re.I,
)
_TALK_AT_LARGE = re.compile(r"\b(?:joke|story|poem|rhyme)\b", re.I)
_SUM = re.compile(r"\d\s*[-+*/x×÷]\s*\d")

FEATURES = (
    *("words", "capitals", "comparing", "chooses", "polar", "same_or_both", "relating"),
    *("definite", "of", "surveying", "what_are", "asks_how_they", "plural_subject"),
    *("talking", "sum", "second_clause", "one_thing_asked", "no_question_word", "possessive"),
    *("plurals", "no_capitals"),
)
_QUESTION_WORDS = word_set("what which who whom whose when where why how in on at to from")
_ONE_THING = word_set("who when where")
_MOST_WORDS = 40
_PLURAL = re.compile(r"\w{2,}[^su]s$")


@dataclass(frozen=True)
class Choice:
    """A strategy with its chance, and those of the others."""

    strategy: Strategy
    chances: dict[Strategy, float]


def strategy_features(question: str) -> list[float]:
    """What a strategy is told by, in the order of ``FEATURES``; none is much above 1."""
    words = words_of(question)[:_MOST_WORDS]
    later = words[1:]
    shown = re.findall(r"\w[\w’'-]*", question)[:_MOST_WORDS]
    capitals = sum(1 for word in shown[1:] if word[0].isupper())
    text = " ".join(words)

    def count(known: frozenset[str], of: tuple[str, ...] | list[str] = words) -> float:
        return min(3, sum(1 for word in of if word in known)) / 3

    first = words[0] if words else ""
    return [
        len(words) / _MOST_WORDS,
        min(4, capitals) / 4,
        count(_COMPARING),
        count(_CHOOSING),
        float(first in _POLAR),
        float("same" in words or "both" in words),
        count(_RELATING, later),
        min(4, words.count("the")) / 4,
        min(3, words.count("of")) / 3,
        count(SURVEYING),
        float(
            text.startswith(("what are", "which are", "how do", "how have", "how did", "how are"))
        ),
        float(bool(re.search(r"\bhow (?:do|did|have|are|were) (?:they|these|the)\b", text))),
        float(len(words) > 1 and first in ("what", "which") and words[1].endswith("s")),
        count(_TALKING),
        float(bool(_SUM.search(question))),
        float(bool(re.search(r"[;,]", question))),
        float(first in _ONE_THING or text.startswith(("how many", "how long", "in what year"))),
        float(first not in _QUESTION_WORDS and first not in _POLAR),
        float(bool(re.search(r"\w[’']s\b", question))),
        min(4, sum(1 for word in words if _PLURAL.match(word))) / 4,
        float(capitals == 0),
    ]


def strategy_scorers() -> dict[Strategy, Scorer]:
    """The scorers that are kept in this package, by strategy."""
    told = read_weights("strategies")
    return {each: scorer_of(told[each], FEATURES) for each in STRATEGIES}


def asks_about(question: str) -> bool:
    """Whether it wants to be told of something at large: *Tell me about ...*, *an overview of*."""
    said = question.strip()
    return bool(_AT_LARGE.match(said)) and not _TALK_AT_LARGE.search(said)


def asks_of_all(question: str) -> bool:
    """Whether it is asked of all documents, and of nothing in them: *What are these about?*

    *What is a graph?* and *What is the history of the library?* are asked of a thing.
    """
    question = put_plainly(question).strip()
    words, meant = set(content_words(question)), _COLLECTION
    spoken = words_of(question)
    if not _POINTING.isdisjoint(spoken) or spoken[-1:] == ("about",):
        meant = meant | _MAY_BE_A_THING
    besides = (SURVEYING - _OF_A_THING) | _ABOUT_THEM
    return not meant.isdisjoint(words) and words <= meant | besides and not _A_THING.match(question)


def _asks_one_thing(question: str, words: set[str]) -> bool:
    """Whether one attribute or one deed of one thing is asked for, and nothing at large."""
    if _ONE_WORD_OF_A_NAME.match(question):
        return True
    if SURVEYING & words:
        return False
    if _ONE_SUBJECT.match(question):
        return True
    return bool(_ONE_DEED.match(question)) and not _SAYS & words


def _as_shaped(question: str, chances: dict[Strategy, float]) -> dict[Strategy, float]:
    """The chances, where a question's form tells what the sum of its words does not.

    The lines learnt overviews from questions with *what*, and talk from texts with *me* and
    *write*. *What is the X of Y?* asks one thing, and *Did Ada write it?* asks. What is taken from
    one goes to another; the chances of two hops, which abstention weighs, stay as they are.
    """
    words, made = words_of(question), dict(chances)

    def move(one: Strategy, other: Strategy) -> None:
        made[other], made[one] = made[other] + made[one], 0.0

    if asks_about(question) or asks_of_all(question):
        for each in ("fact", "none"):
            move(each, "overview")
        return made
    if _asks_one_thing(question.strip(), set(words)):
        move("overview", "fact")
    asks = bool(words) and words[0] in _POLAR | _QUESTION_WORDS
    if _DONE_ONCE.match(question.strip()):
        move("overview", "fact")
    described = bool(_THE.search(question)) and not _TALKING & set(words) and "?" in question
    if asks and not _SPEAKERS & set(words) and (_NAMED.search(question.strip()) or described):
        move("none", "fact")
    return made


def choose_strategy(question: str, *, scorers: dict[Strategy, Scorer] | None = None) -> Choice:
    """The likeliest strategy for a question; a text without a word is ``none``.

    Args:
        question: As it was typed.
        scorers: One a strategy, by default those that are kept.
    """
    import numpy as np

    question = put_plainly(question)
    if not words_of(question):
        return Choice("none", {each: float(each == "none") for each in STRATEGIES})
    row: np.ndarray = np.array([strategy_features(question)])
    lines = scorers or strategy_scorers()
    raw = {each: float(lines[each].chances(row)[0]) for each in STRATEGIES}
    total = sum(raw.values())
    chances = _as_shaped(question, {each: share / total for each, share in raw.items()})
    return Choice(max(STRATEGIES, key=lambda each: chances[each]), chances)
