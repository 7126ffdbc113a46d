"""Counterfactual swaps: the same text with another name, and what changes in what a model says.

Kusner et al., "Counterfactual Fairness", NeurIPS 2017, ask whether a decision would be another for
another group; here a text is rewritten and the model asked again (as Prabhakaran et al., EMNLP
2019, do with names). What is compared is paired: name i of one group with name i of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.errors import CapabilityError, InputError
from workbench.core.progress import track
from workbench.core.viewers import Viewable
from workbench.data.lexicon import Lexicon
from workbench.evaluation.refusals import is_refusal

from .known_scores import find_or_make, find_or_score
from .scoring import Request, score_requests
from .swap_templates import Filled

if TYPE_CHECKING:
    import numpy as np

LOGPROB, RELATIVE = "log_probability", "relative_log_probability"
TOKENS, REFUSED, INSULTS = "answer_tokens", "refused", "insults"
ABOUT = {
    LOGPROB: "log-probability of the continuation after the text",
    RELATIVE: "the same, less the mean of the other continuations: what a name does to all of "
    "them alike is taken away",
    TOKENS: "length of the answer",
    REFUSED: "share of the answers that refuse, by the detector of phrases",
    INSULTS: "hits of the lexicon in the answer",
}
UNITS = {LOGPROB: "nats", RELATIVE: "nats", TOKENS: "tokens", REFUSED: "share", INSULTS: "words"}


# With fewer units not even a difference that is the same in each of them could be told from chance.
LEAST_UNITS = 6


@dataclass(frozen=True)
class Answer(Viewable):
    """What a model said to one filled template."""

    group: str
    unit: str
    prompt: str
    text: str
    tokens: int
    refused: bool
    insults: tuple[str, ...]


@dataclass(frozen=True)
class UnitValues:
    """A measure by unit and group: ``values`` has the shape ``[units, groups]``."""

    measure: str
    of: str
    unit: str
    units: tuple[str, ...]
    groups: tuple[str, ...]
    values: np.ndarray


@dataclass(frozen=True)
class SwapSettings:
    """How answers are asked for: greedily, at most ``max_tokens``; 0 asks for none."""

    max_tokens: int = 0


@dataclass(frozen=True)
class Asked:
    """What was asked, and what came of it, before anything is inferred."""

    values: tuple[UnitValues, ...]
    answers: tuple[Answer, ...]
    is_cached: bool


def check_swaps(
    filled: Sequence[Filled], continuations: Sequence[str], answers: SwapSettings
) -> None:
    """Raise InputError where there would be nothing to measure, or too little to tell it."""
    units = len({one.unit for one in filled})
    if units < LEAST_UNITS:
        raise InputError(
            f"{units} units would be compared, and fewer than {LEAST_UNITS} can show nothing",
            hint="give more templates, or words with longer lists",
        )
    if not continuations and not answers.max_tokens:
        raise InputError(
            "there is neither a continuation to score nor an answer to read",
            hint='--continuation " was hired." or --max-tokens 64',
        )
    if answers.max_tokens < 0:
        raise InputError(f"max_tokens is {answers.max_tokens}", hint="at least 1; 0 for no answer")
    empty = [place for place, text in enumerate(continuations, start=1) if not text.strip()]
    if empty or len(set(continuations)) < len(continuations):
        raise InputError(
            f"continuation {empty[0]} is empty" if empty else "a continuation stands there twice",
            hint='" was hired."',
        )


def ask_swaps(
    filled: Sequence[Filled],
    groups: Sequence[str],
    *,
    continuations: Sequence[str],
    settings: SwapSettings,
    lexicon: Lexicon,
    get_model: Callable[[], Any],
    model_digest: str | None = None,
) -> Asked:
    """Ask a model every filled template, unless that was done.

    Args:
        filled: From ``fill_templates``.
        groups: In the order in which they are told.
        continuations: Texts that are scored after each.
        settings: How answers are asked for.
        lexicon: By which insults are counted.
        get_model: Gives the loaded model; called only if something is not known.
        model_digest: The sha256 by which what it says is kept; None keeps nothing.
    """
    values: list[UnitValues] = []
    answers: tuple[Answer, ...] = ()
    known = []
    if continuations:
        requests = tuple(dict.fromkeys(_request(f, c) for f in filled for c in continuations))
        scores, was_known = find_or_score(
            requests, lambda: score_requests(get_model(), requests), model_digest=model_digest
        )
        known.append(was_known)
        values += _score_values(filled, groups, continuations, scores)
    if settings.max_tokens:
        texts = tuple(dict.fromkeys(f.text for f in filled))
        told, was_known = find_or_make(
            {"answers": [list(texts), settings.max_tokens]},
            lambda: _ask_answers(get_model(), texts, settings),
            model_digest=model_digest,
        )
        known.append(was_known)
        said = dict(zip(texts, told, strict=True))
        answers = tuple(_read_answer(f, said[f.text], lexicon) for f in filled)
        values += _answer_values(filled, groups, answers)
    return Asked(tuple(values), answers, all(known))


def _request(filled: Filled, continuation: str) -> Request:
    return Request(filled.text.rstrip(), continuation)


def _ask_answers(model: Any, texts: Sequence[str], settings: SwapSettings) -> list[tuple[str, int]]:
    if not hasattr(model, "chat"):
        raise CapabilityError(
            f"{model.name} cannot chat, so it gives no answers", hint="score only"
        )
    told = []
    for text in track(texts, f"ask {model.name}", unit="prompts"):
        reply = model.chat(
            [{"role": "user", "content": text}],
            temperature=0.0,
            max_tokens=settings.max_tokens,
        )
        told.append((reply.text, reply.completion_tokens))
    return told


def _read_answer(filled: Filled, said: Sequence[Any], lexicon: Lexicon) -> Answer:
    text, tokens = said
    return Answer(
        filled.group,
        filled.unit,
        filled.text,
        text,
        int(tokens),
        is_refusal(text),
        tuple(lexicon.find(text)),
    )


def _score_values(
    filled: Sequence[Filled], groups: Sequence[str], continuations: Sequence[str], scores: Any
) -> list[UnitValues]:
    import numpy as np

    nats = np.array(
        [[scores[_request(f, c)].nats for c in continuations] for f in filled], dtype=float
    )
    found = [
        _by_unit(filled, groups, nats[:, place], LOGPROB, text)
        for place, text in enumerate(continuations)
    ]
    if len(continuations) > 1:
        others = (nats.sum(axis=1, keepdims=True) - nats) / (len(continuations) - 1)
        found += [
            _by_unit(filled, groups, (nats - others)[:, place], RELATIVE, text)
            for place, text in enumerate(continuations)
        ]
    return found


def _answer_values(
    filled: Sequence[Filled], groups: Sequence[str], answers: Sequence[Answer]
) -> list[UnitValues]:
    told = {
        TOKENS: [answer.tokens for answer in answers],
        REFUSED: [answer.refused for answer in answers],
        INSULTS: [len(answer.insults) for answer in answers],
    }
    return [_by_unit(filled, groups, values, measure, "") for measure, values in told.items()]


def _by_unit(
    filled: Sequence[Filled], groups: Sequence[str], values: Any, measure: str, of: str
) -> UnitValues:
    """The mean over the templates of each unit: shape ``[units, groups]``."""
    import numpy as np

    units = list(dict.fromkeys(f.unit for f in filled))
    sums, counts = np.zeros((2, len(units), len(groups)))
    for one, value in zip(filled, values, strict=True):
        at = units.index(one.unit), groups.index(one.group)
        sums[at] += float(value)
        counts[at] += 1
    table = sums / counts
    return UnitValues(measure, of, UNITS[measure], tuple(units), tuple(groups), table)
