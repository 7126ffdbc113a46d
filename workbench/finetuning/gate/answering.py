"""Models' greedy answers to the gate's questions; what a model said is kept, not asked again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench.core.cancellation import check_cancelled
from workbench.core.plain import to_plain
from workbench.core.progress import track
from workbench.finetuning.gate.questions import QuestionSet
from workbench.store.records import Records

if TYPE_CHECKING:
    import numpy as np

NAMESPACE = "finetuning.answers"
_MAX_TOKENS = 48


def answer_all(
    model: str, sets: Sequence[QuestionSet], *, max_tokens: int = _MAX_TOKENS
) -> list[np.ndarray]:
    """Whether each answer of a model is right, shape ``[n]`` for each set.

    Args:
        model: Its name; it is loaded only if an answer is not known.
        sets: The questions.
        max_tokens: Of an answer.

    Raises:
        WorkbenchError: As ``models.load``.
    """
    import numpy as np

    digest = digest_model(model)
    known = {each.sha256: _find(digest, each, max_tokens) for each in sets}
    lacking = [each for each in sets if known[each.sha256] is None]
    if lacking:
        from workbench import models

        with models.load(model, isolated=True) as loaded:
            for each in lacking:
                known[each.sha256] = _ask(loaded, each, max_tokens, model)
                _keep(digest, each, max_tokens, known[each.sha256])
    return [
        np.array(
            [q.is_right(a) for q, a in zip(s.questions, known[s.sha256] or (), strict=True)], float
        )
        for s in sets
    ]


def digest_model(model: str) -> str:
    """What decides a model's greedy answers: weights of base and adapter, settings, engine.

    Raises:
        NotFoundError: There is no such model.
    """
    import workbench
    from workbench.models import adapters, catalogue
    from workbench.models.adapter_store import base_sha256
    from workbench.models.loading import choose_engine
    from workbench.models.model_settings import read_settings

    said = adapters.parse_model_name(model)
    entry = catalogue.find(said.base)
    chosen = read_settings(entry.name)
    told = {
        "base": base_sha256(entry),
        "adapter": dict(adapters.resolve(model).record.files) if said.adapter else None,
        "engine": choose_engine(entry, chosen.engine, tuned=said.adapter is None),
        "settings": to_plain(chosen),
        "workbench": workbench.__version__,
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _ask(loaded: Any, asked: QuestionSet, max_tokens: int, model: str) -> list[str]:
    answers = []
    for question in track(asked.questions, f"{model}: {asked.name}", unit="questions"):
        check_cancelled()
        messages = [{"role": role, "content": said} for role, said in question.messages]
        answers.append(loaded.chat(messages, temperature=0, max_tokens=max_tokens).text)
    return answers


def _key(digest: str, asked: QuestionSet, max_tokens: int) -> str:
    return hashlib.sha256(f"{digest} {asked.sha256} {max_tokens}".encode()).hexdigest()


def _find(digest: str, asked: QuestionSet, max_tokens: int) -> list[str] | None:
    record = Records().find(NAMESPACE, _key(digest, asked, max_tokens))
    found = None if record is None else [str(answer) for answer in record.document]
    return found if found is not None and len(found) == len(asked.questions) else None


def _keep(digest: str, asked: QuestionSet, max_tokens: int, answers: Any) -> None:
    Records().put(NAMESPACE, _key(digest, asked, max_tokens), document=answers)
