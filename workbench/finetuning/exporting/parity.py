"""One adapter in three engines: do the forms that are written of it say the same?

Every engine answers the same prompts greedily. Then each is asked for the log-probability of every
token of the reference's answers, given what comes before it (teacher forcing): so a difference is
measured also where a greedy answer went another way.
"""

from __future__ import annotations

import math
import statistics
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import CapabilityError, InputError
from workbench.core.progress import progress
from workbench.evaluation.checks import Check, check
from workbench.finetuning.exporting.adapter_forms import write_form
from workbench.finetuning.exporting.merging import base_encoding
from workbench.finetuning.exporting.parity_result import Parity, ParityRow, SideAnswer
from workbench.finetuning.exporting.sides import SIDES, Base, Forms, Open
from workbench.models import adapters, catalogue
from workbench.models.protocol import Sampling

if TYPE_CHECKING:
    from workbench.models.adapters import Adapter
    from workbench.models.catalogue import CatalogueEntry
    from workbench.models.protocol import Engine

BOUND_NATS = 0.02  # a token, mean over an answer
SAME_SHARE = 48 / 50
Alter = Callable[[Forms], None]


@dataclass(frozen=True)
class _Said:
    """One engine's answer to one prompt, and what the reference's tokens are worth to it."""

    text: str
    ids: tuple[int, ...]
    finish_reason: str | None
    logprobs: tuple[float, ...]


def check_parity(
    adapter: str,
    *,
    prompts: int | None = None,
    max_tokens: int = 24,
    texts: Sequence[str] | None = None,
    sides: Mapping[str, Open] = SIDES,
    alter: Alter | None = None,
) -> Parity:
    """Compare an adapter's forms on frozen prompts.

    Args:
        adapter: ``base:adapter@version``, or the adapter alone where one base has it.
        prompts: Only the first so many of the frozen ones.
        max_tokens: Of each answer.
        texts: Other prompts than the frozen ones.
        sides: The engines, the reference first.
        alter: Changes the forms before they are loaded: how a test shows what the check sees.

    Returns:
        Every answer, and the checks: at most 0.02 nats a token, at least 48 of 50 identical.

    Raises:
        NotFoundError, IntegrityError: There is no such adapter, or its files have changed.
        CapabilityError: It has not all three forms (DoRA), or its base is no GGUF.
        EngineError: An engine did not load a form.
    """
    found = adapters.find(adapter)
    entry = catalogue.find(found.base)
    asked = list(texts) if texts is not None else read_prompts()[:prompts]
    if not asked:
        raise InputError("there is no prompt to compare on", hint="--prompts 5")
    base = _base_in_f16(entry)
    with tempfile.TemporaryDirectory() as folder:
        forms = _write_forms(found, entry, Path(folder))
        if alter is not None:
            alter(forms)
        said, ids = _ask_all(sides, base, forms, entry, asked, max_tokens)
    names = tuple(sides)
    rows = tuple(_compare(place, text, names, said) for place, text in enumerate(asked))
    checks = tuple(one for name in names[1:] for one in _checks(name, rows))
    notes = tuple(f"the F16 base was {note}" for note in base_encoding(entry))
    return Parity(
        found.full_name,
        found.base,
        names[0],
        names,
        max_tokens,
        rows,
        checks,
        all(one.ok for one in checks),
        (*notes, f"{sum(map(len, ids))} prompt tokens, the same ids for every engine"),
    )


def read_prompts() -> list[str]:
    """The frozen prompts."""
    from workbench.finetuning.frozen_sets import read_frozen

    return [str(row["prompt"]) for row in read_frozen("parity")]


def _base_in_f16(entry: CatalogueEntry) -> Base:
    """The same numbers for every engine: the GGUF in F16, and the folder that is made of that."""
    from workbench.models.formats.convert import convert_gguf
    from workbench.models.loading import model_files
    from workbench.models.variants import take_variant

    files = take_variant(model_files(entry), "llamacpp", "F16")
    if files.gguf is None:
        raise CapabilityError(
            f"{entry.name} is no GGUF, so llama.cpp cannot be compared", hint="name another base"
        )
    return Base(files.gguf, convert_gguf(files.gguf, dtype="float16", name=files.name))


def _write_forms(found: Adapter, entry: CatalogueEntry, folder: Path) -> Forms:
    from workbench.models.estimates import with_shape

    layers = with_shape(entry).layers
    assert layers is not None, "a GGUF says how many layers it has"
    forms = Forms(found.reference, folder / "peft", folder / "gguf", folder / "mlx")
    for form, path in (("peft", forms.peft), ("gguf", forms.gguf), ("mlx", forms.mlx)):
        path.mkdir()
        write_form(found, path, form, layers=layers)  # type: ignore[arg-type]
    return forms


def _ask_all(
    sides: Mapping[str, Open],
    base: Base,
    forms: Forms,
    entry: CatalogueEntry,
    asked: Sequence[str],
    max_tokens: int,
) -> tuple[dict[str, list[_Said]], list[list[int]]]:
    """Every engine's answers, one engine in memory at a time."""
    said: dict[str, list[_Said]] = {}
    ids: list[list[int]] = []
    reference: list[_Said] | None = None
    sampling = Sampling(temperature=0, max_tokens=max_tokens, logprobs=0)
    for name, open_side in sides.items():
        with (
            open_side(base, forms) as (engine, adapter),
            progress(f"ask {name}", total=len(asked), unit="prompts") as task,
        ):
            ids = ids or _prompt_ids(engine, entry, asked)
            answers = []
            for place, prompt in enumerate(ids):
                check_cancelled()
                against = reference[place] if reference is not None else None
                answers.append(_ask(engine, adapter, prompt, sampling, against))
                task.advance()
        said[name] = answers
        reference = reference or answers
    return said, ids


def _prompt_ids(engine: Engine, entry: CatalogueEntry, asked: Sequence[str]) -> list[list[int]]:
    """The conversations as the base's own template writes them."""
    from workbench.models.prompts import Prompts

    prompts = Prompts(entry.name, engine, template=None, system=entry.system)
    return [prompts.chat_ids([{"role": "user", "content": text}]) for text in asked]


def _ask(
    engine: Engine,
    adapter: str | None,
    prompt: Sequence[int],
    sampling: Sampling,
    reference: _Said | None,
) -> _Said:
    whole = engine.answer(prompt, sampling, adapter=adapter)
    wanted = whole.ids if reference is None else reference.ids
    if whole.ids == wanted and len(whole.logprobs) == len(wanted):
        logprobs = [entry.logprob for entry in whole.logprobs]
    elif wanted:
        logprobs = engine.score_ids(prompt, wanted, adapter=adapter)
    else:
        logprobs = []
    return _Said(whole.text, whole.ids, whole.finish_reason, tuple(logprobs))


def _compare(
    place: int, prompt: str, names: Sequence[str], said: Mapping[str, Sequence[_Said]]
) -> ParityRow:
    reference = said[names[0]][place]
    others = []
    for name in names[1:]:
        one = said[name][place]
        pairs = zip(one.logprobs, reference.logprobs, strict=True)
        apart = [abs(a - b) for a, b in pairs] or [0.0]
        same = (one.ids, one.finish_reason) == (reference.ids, reference.finish_reason)
        others.append(SideAnswer(name, one.text, same, statistics.fmean(apart), max(apart)))
    return ParityRow(prompt, reference.text, len(reference.ids), tuple(others))


def _checks(engine: str, rows: Sequence[ParityRow]) -> tuple[Check, Check]:
    own = [one for row in rows for one in row.others if one.engine == engine]
    least = math.floor(SAME_SHARE * len(rows))
    return (
        check(
            f"{engine}: log-probabilities apart",
            max(one.apart_nats for one in own),
            high=BOUND_NATS,
            unit="nats a token",
        ),
        check(
            f"{engine}: identical greedy answers",
            sum(one.same for one in own),
            low=least,
            unit=f"of {len(rows)}",
        ),
    )
