"""What a language model makes of many short texts: their log-probabilities, each asked once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol

from workbench.core.errors import CapabilityError, InputError
from workbench.core.progress import progress

SCORE = "score"
# What stands before a text that begins a sentence: many models have no token that begins a text,
# and an instruct model's own begins a turn of a conversation. After a new line alone the first
# token of a CrowS sentence cost SmolLM2 12.0 nats, after these words 8.1.
LEAD = "Here is a sentence:\n"
# Contexts that hint at nothing, after which a word's probability is its frequency, not its fit.
NEUTRAL_FRAMES = ("The next word is", "They wrote down the word", "Here is one more word:")
# The same for a word that begins a sentence, which tokenisers cut otherwise without its space.
NEUTRAL_BEGINNINGS = tuple(f"{frame.rstrip(':')}:\n" for frame in NEUTRAL_FRAMES)


class Scorer(Protocol):
    """The part of a model that probes need; ``workbench.models`` gives it, and tests make one."""

    name: str

    def score(self, prompt: str, continuation: str) -> list[float]:
        """The natural log-probability of each token of ``continuation`` after ``prompt``."""
        ...


class Request(NamedTuple):
    """A text that is scored after a context."""

    context: str
    text: str


class Scored(NamedTuple):
    """The natural log-probability of a text, and the tokens that it is the sum of."""

    nats: float
    tokens: int


Scores = dict[Request, Scored]


def check_can_score(model: Any) -> None:
    """Raise CapabilityError for a model that gives no log-probabilities of texts."""
    able = getattr(model, "capabilities", None)
    if not hasattr(model, "score") or (able is not None and SCORE not in able):
        raise CapabilityError(
            f"{getattr(model, 'name', type(model).__name__)} cannot score texts, which a probe "
            "of likelihoods asks for",
            hint="a chat model on transformers or llamacpp: --model smollm2-135m",
            capability=SCORE,
        )


def score_requests(model: Scorer, requests: Iterable[Request]) -> Scores:
    """The log-probability of each request, with progress; a request that comes twice is asked once.

    Raises:
        CapabilityError: The model cannot score.
        InputError: A score is not a finite number.
        CancelledError: The run was cancelled.
    """
    check_can_score(model)
    wanted = list(dict.fromkeys(requests))
    found: Scores = {}
    with progress(f"score on {model.name}", total=len(wanted), unit="texts") as task:
        for place, logprobs in _score_each(model, wanted):
            scored = Scored(float(sum(logprobs)), len(logprobs))
            if not -float("inf") < scored.nats < float("inf"):
                raise InputError(
                    f"{model.name} gives {wanted[place].text!r} the log-probability {scored.nats}",
                    hint="a probe needs finite scores; try another dtype or engine",
                )
            found[wanted[place]] = scored
            task.advance()
    return found


def _score_each(model: Any, wanted: Sequence[Request]) -> Iterator[tuple[int, list[float]]]:
    if hasattr(model, "score_many"):
        yield from model.score_many(wanted)
        return
    for place, request in enumerate(wanted):
        yield place, model.score(request.context, request.text)


def after(before: str, text: str) -> Request:
    """A text after what stands before it in a sentence; the space between them is the text's.

    Tokenisers cut before a space, so the two parts are cut as the whole would be.
    """
    context = before.rstrip()
    gap = before[len(context) :]
    return Request(context or LEAD, f"{gap}{text}" if context else text)


def in_neutral_frames(word: str, like: Request) -> tuple[Request, ...]:
    """The requests for a word where nothing hints at it, cut into tokens as in ``like``, which
    begins with it."""
    gap = like.text[: len(like.text) - len(like.text.lstrip())]
    frames = NEUTRAL_FRAMES if gap else NEUTRAL_BEGINNINGS
    return tuple(Request(frame, f"{gap}{word}") for frame in frames)
