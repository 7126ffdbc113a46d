"""Two prompts, or two models: what each part did in one and in the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError
from workbench.core.progress import track
from workbench.core.viewers import Viewable

from .attributing import DEFAULT_METHOD, attribute_target
from .result import Attribution

if TYPE_CHECKING:
    from workbench.models.model import Model


@dataclass(frozen=True)
class Question:
    """One side of a contrast. ``model`` is a name; ``target`` None is the model's own answer."""

    model: str
    prompt: str
    target: str | None = None


@dataclass(frozen=True)
class Change:
    """A part of the prompts, and its share in the whole answer of each side, in nats.

    None is the share of a part that this side does not have, and then there is no ``change_nats``.
    """

    text: str
    first_nats: float | None
    second_nats: float | None
    change_nats: float | None


@dataclass(frozen=True)
class Contrast(Viewable):
    """Two attributions by the same method, and their parts set against each other.

    ``names`` is what the sides are called: by what they differ in. ``value_change_nats`` is how
    much likelier the second answer is after its prompt than the first after its own. Unless
    ``same_target``, the shares are in different answers, and so are their differences.
    """

    first: Attribution
    second: Attribution
    names: tuple[str, str]
    same_target: bool
    value_change_nats: float
    changes: tuple[Change, ...]


def contrast(
    first: Question,
    second: Question,
    *,
    load: Callable[[str], AbstractContextManager[Model]],
    method: str = DEFAULT_METHOD,
    **options: Any,
) -> Contrast:
    """Attribute two prompts, or one under two models, and set them against each other.

    Args:
        first: One side.
        second: The other; the differences are its shares less those of the first.
        load: Opens a model by its name. Two models are open one after the other, never both.
        method: A name of ``METHODS``, for both.
        options: What else ``attribute_target`` takes, for both.

    Raises:
        InputError: The two are the same; and as for ``attribute_target``.
    """
    if first == second:
        raise InputError(
            "both sides are the same prompt, model and answer: they do not differ",
            hint="give another prompt or another model",
        )
    options = {"curves": False, **options}
    made = []
    for model, questions in _by_model(first, second):
        with load(model) as loaded:
            made += [
                attribute_target(loaded, each.prompt, each.target, method=method, **options)
                for each in track(questions, "contrast", unit="prompts")
            ]
    return set_against(made[0], made[1])


def set_against(
    first: Attribution, second: Attribution, *, names: tuple[str, str] | None = None
) -> Contrast:
    """Two attributions part by part: those that read the same are one, in order.

    Args:
        first: One side.
        second: The other.
        names: What they are called; by default their models, or which prompt they are of.

    Raises:
        InputError: They are by different methods or baselines, or both are called the same.
    """
    for field in ("method", "baseline"):
        one, other = getattr(first, field), getattr(second, field)
        if one != other:
            raise InputError(
                f"the first is by the {field} {one!r}, the second by {other!r}: their shares are "
                "of different things",
                hint="ask both with the same method and baseline",
            )
    called = names or _name(first, second)
    if called[0] == called[1]:
        raise InputError(f"both are called {called[0]!r}", hint='names=("before", "after")')
    return Contrast(
        first,
        second,
        called,
        _answer(first) == _answer(second),
        second.value - first.value,
        tuple(_match(first, second)),
    )


def _by_model(first: Question, second: Question) -> list[tuple[str, list[Question]]]:
    if first.model == second.model:
        return [(first.model, [first, second])]
    return [(first.model, [first]), (second.model, [second])]


def _name(first: Attribution, second: Attribution) -> tuple[str, str]:
    if first.model != second.model:
        return first.model, second.model
    if first.prompt != second.prompt:
        return "first prompt", "second prompt"
    return "first answer", "second answer"


def _answer(attribution: Attribution) -> str:
    return attribution.target if attribution.target is not None else "".join(attribution.targets)


def _match(first: Attribution, second: Attribution) -> Iterator[Change]:
    from difflib import SequenceMatcher

    texts = _texts(first), _texts(second)
    worths = first.scores.sum(axis=0).tolist(), second.scores.sum(axis=0).tolist()
    blocks = SequenceMatcher(None, *texts, autojunk=False).get_opcodes()
    for kind, a, b, c, d in blocks:
        if kind == "equal":
            for i, j in zip(range(a, b), range(c, d), strict=True):
                one, other = worths[0][i], worths[1][j]
                yield Change(texts[0][i], one, other, other - one)
            continue
        for i in range(a, b):
            yield Change(texts[0][i], worths[0][i], None, None)
        for j in range(c, d):
            yield Change(texts[1][j], None, worths[1][j], None)


def _texts(attribution: Attribution) -> Sequence[str]:
    return ["".join(attribution.tokens[start:end]) for start, end in attribution.groups]
