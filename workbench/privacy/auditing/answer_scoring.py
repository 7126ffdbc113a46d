"""How likely a language model finds answers to questions: what attacks on it ask."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import CapabilityError, ContextLengthError, DataError, InputError
from workbench.core.progress import progress
from workbench.data.json_lines import read_json_lines

if TYPE_CHECKING:
    import numpy as np

    from workbench.models.model import Model

_FORM = '{"prompt": "...", "response": "..."}, {"messages": [...]} or {"text": "..."}'
# The question's messages, perhaps with an answer that was begun, and how it goes on. A text that is
# no answer has its beginning in the place of the messages.
Request = tuple[Sequence[dict[str, str]] | str, str]
# Gives the natural log-probabilities of the tokens of each continuation, in the requests' order.
Scoring = Callable[[Sequence[Request]], "list[np.ndarray]"]


@contextmanager
def open_scoring(name: str | None, *, engine: str | None = None) -> Iterator[tuple[str, Scoring]]:
    """A model's name and its scoring, for as long as it is open.

    Args:
        name: As ``models.load`` takes it; ``base:adapter@version`` too.
        engine: By default transformers if the model runs on it, which scores many at once.

    Raises:
        CapabilityError: It cannot score.
        NotFoundError: There is no such model.
    """
    from workbench import models
    from workbench.core import settings
    from workbench.models import catalogue, virtual
    from workbench.models.adapters import parse_model_name
    from workbench.models.loading import is_installed

    chosen = name or settings.get("model")
    if virtual.is_virtual(chosen):
        raise CapabilityError(
            f"{chosen} is a virtual model: it chats, and gives no log-probabilities",
            hint="ask its members one by one", capability="score",
        )  # fmt: skip
    entry = catalogue.find(parse_model_name(chosen).base)
    if engine is None and "transformers" in entry.engines and is_installed("transformers"):
        engine = "transformers"
    with models.load(chosen, engine=engine, needs="score") as model:
        yield model.name, lambda requests: score_each(model, requests)


def score_each(model: Model, requests: Sequence[Request]) -> list[np.ndarray]:
    """The log-probabilities in nats of the tokens of each continuation.

    Raises:
        InputError: A number is not finite, or an answer is empty.
        ContextLengthError: A text does not fit.
    """
    import numpy as np

    found: list[Any] = [None] * len(requests)
    with progress(f"score on {model.name}", total=len(requests), unit="texts") as task:
        ids = [_ids(model, before, said) for before, said in requests]
        for place, logprobs in model.score_many_ids(ids):
            found[place] = np.asarray(logprobs)
            if not np.isfinite(found[place]).all():
                raise InputError(
                    f"{model.name} gives {requests[place][1][:40]!r} a log-probability that is no "
                    "number",
                    hint="another dtype or engine",
                )
            task.advance()
    return found


def read_requests(path: Path, *, most: int) -> list[Request]:
    """What is scored of the first rows of a file: each row's answer, or its text after a word.

    Raises:
        InputError: There is no such file, or a line is no JSON.
        DataError: A line is no row, or there is none.
    """
    if not path.is_file():
        raise InputError(f"there is no file {path}", hint=f"a .jsonl file with rows {_FORM}")
    found: list[Request] = []
    for number, row in read_json_lines(path, hint=_FORM)[0][:most]:
        try:
            found.append(_request(row))
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise DataError(f"line {number} of {path} is no row", hint=_FORM) from error
    if not found:
        raise DataError(f"{path} has no row", hint=_FORM)
    return found


def _ids(
    model: Model, before: Sequence[dict[str, str]] | str, said: str
) -> tuple[list[int], list[int]]:
    """What is given and what is scored, as token ids."""
    if isinstance(before, str):
        given = model.prompt_ids(before)
    else:
        given = model.chat_ids(before, answer_begun=before[-1]["role"] == "assistant")
    scored = model.tokenize(said)
    if not scored:
        raise InputError("an answer is empty: there is nothing to score")
    if len(given) + len(scored) > model.info.context_tokens:
        raise ContextLengthError(
            f"a text has {len(given) + len(scored)} tokens; {model.name} reads "
            f"{model.info.context_tokens}",
            hint="leave it out",
            prompt_tokens=len(given) + len(scored), context_tokens=model.info.context_tokens,
        )  # fmt: skip
    return given, scored


def _request(row: Any) -> Request:
    if "text" in row:
        first, _, rest = _text(row["text"]).strip().partition(" ")
        if not rest.strip():
            raise ValueError("a text of one word")
        return first, f" {rest}"
    if "messages" in row:
        *question, last = row["messages"]
        if last["role"] != "assistant" or not question:
            raise ValueError("no answer at the end")
        asked = [{"role": e["role"], "content": _text(e["content"])} for e in question]
        return asked, _text(last["content"])
    return [{"role": "user", "content": _text(row["prompt"])}], _text(row["response"])


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("an empty text, or none")
    return value
