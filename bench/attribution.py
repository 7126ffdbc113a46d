"""Attribution of a language model's answer: ours against captum and shap on the same module.

Both sides run in this process, by turns, on the same weights with the same number of threads, and
their values are compared before anything is timed. captum runs with its cache off: with it, its
numbers are wrong under today's transformers (ADR 0028). The texts were written down before
the code was tuned.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from shape import Benchmark, Figure, take_turns

from workbench import models
from workbench.interpretability.attribution.attributing import attribute_case
from workbench.interpretability.attribution.baselines import find_baseline
from workbench.interpretability.attribution.case import Case, open_case
from workbench.interpretability.attribution.hierarchy import build_tree, write_linkage
from workbench.interpretability.attribution.scorer import Scorer
from workbench.models.folder import find_folder
from workbench.models.loading import model_files

MODEL = "smollm2-135m"
BASELINE = "first_token"  # captum's own default, id 0
LONG = (
    "Marie Curie was born in Warsaw and moved to Paris, where she studied physics. She won her "
    "first Nobel Prize in the year",
    " 1903, together with her husband Pierre",
)
SHORT = (
    "The doctor told the nurse that the patient in room four needed her new medicine, so the",
    " nurse left",
)


class Timed(NamedTuple):
    """One run: what it gave, its wall clock and its CPU time."""

    scores: np.ndarray
    wall_s: float
    cpu_s: float


def timed(work: Callable[[], np.ndarray]) -> Timed:
    """Run it once."""
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    scores = work()
    return Timed(scores, time.perf_counter() - wall_s, time.process_time() - cpu_s)


@contextmanager
def opened(texts: tuple[str, str], threads: int) -> Iterator[Case]:
    """A case on the model with so many threads."""
    with models.load(MODEL, engine="transformers", dtype="float32", threads=threads) as model:
        yield open_case(model, *texts)


def ours(case: Case, method: str) -> np.ndarray:
    """Ours from nothing: no memory of an earlier round, no curves."""
    scorer = Scorer(case, find_baseline(case.model, BASELINE))
    return attribute_case(case, method=method, scorer=scorer, curves=False).scores


def load_tokenizer() -> Any:
    """The same tokenizer as transformers loads it."""
    from transformers import AutoTokenizer

    folder = find_folder(model_files(models.catalogue.find(MODEL)), dtype="float32")
    return AutoTokenizer.from_pretrained(folder.path)


def captum_ablation(case: Case, prompt: str, *, in_tokens: bool) -> Callable[[], np.ndarray]:
    """captum's ablation, its cache off; ``in_tokens`` is its default, a pass for each token."""
    import torch
    from captum.attr import FeatureAblation, LLMAttribution, TextTokenInput

    tokenizer = load_tokenizer()
    method = LLMAttribution(FeatureAblation(case.model.module), tokenizer)
    target = torch.tensor(case.target_ids)

    def run() -> np.ndarray:
        with torch.no_grad():
            found = method.attribute(
                TextTokenInput(prompt, tokenizer, baselines=0),
                target=target,
                use_cached_outputs=False,
                forward_in_tokens=in_tokens,
            )
        scores: np.ndarray = found.token_attr.numpy()
        return scores

    return run


def shap_owen(case: Case, value: Callable[[np.ndarray], np.ndarray]) -> Callable[[], np.ndarray]:
    """shap's partition explainer with our tree; ``value`` scores rows of token ids."""
    import shap

    players = len(case.players)
    masker = shap.maskers.Partition(
        np.array([[0] * players]), clustering=write_linkage(build_tree(case))
    )

    def run() -> np.ndarray:
        explainer = shap.PartitionExplainer(value, masker)
        found = explainer(np.array([case.prompt_ids]), max_evals=1_000_000, silent=True)
        scores: np.ndarray = found.values[0].T
        return scores

    return run


def teacher_forcing(case: Case) -> Callable[[np.ndarray], np.ndarray]:
    """shap's own wrapper of a language model, given ids in the place of texts and asked for the
    log-probability in the place of the log-odds: both spare it work."""
    import shap
    import torch
    from transformers import BatchEncoding

    class FromIds(shap.models.TeacherForcing):
        def get_inputs(self, X: np.ndarray, padding_side: str = "right") -> Any:  # noqa: N803
            ids = torch.tensor(X.astype(int))
            return BatchEncoding({"input_ids": ids, "attention_mask": torch.ones_like(ids)})

        def get_logodds(self, logits: np.ndarray) -> np.ndarray:
            peak = logits.max(axis=-1, keepdims=True)
            total = np.log(np.exp(logits - peak).sum(axis=-1)) + peak[..., 0]
            chosen = np.take_along_axis(logits, self.output[:1, :, None], axis=2)[..., 0]
            values: np.ndarray = chosen - total
            return values

    wrapped = FromIds(case.model.module, load_tokenizer())

    def value(rows: np.ndarray) -> np.ndarray:
        scored: np.ndarray = wrapped(rows, np.tile(case.target_ids, (len(rows), 1)))
        return scored

    return value


def plain_batches(case: Case) -> Callable[[np.ndarray], np.ndarray]:
    """What a careful user writes for shap: one pass for its batch of ten, all in float32."""
    import torch

    target = torch.tensor(case.target_ids)

    def value(rows: np.ndarray) -> np.ndarray:
        ids = torch.from_numpy(rows.astype(int))
        whole = torch.cat([ids, target.expand(len(ids), -1)], dim=1)
        with torch.no_grad():
            logits = case.model.module(input_ids=whole, use_cache=False).logits
        logprobs = torch.log_softmax(logits[:, ids.shape[1] - 1 : -1], dim=-1)
        places = target.expand(len(ids), -1)[:, :, None]
        scored: np.ndarray = logprobs.gather(2, places)[:, :, 0].numpy()
        return scored

    return value


def compare(
    name: str,
    peer: str,
    mine: Callable[[], np.ndarray],
    theirs: Callable[[], np.ndarray],
    *,
    rounds: int,
    within: float,
    bound: float | None,
    **details: Any,
) -> Figure:
    """One pair by turns, after their values were found equal."""
    difference = float(np.abs(mine() - theirs()).max())
    if difference > within:
        raise AssertionError(f"{name}: the values differ by {difference:.2e} nats, not {within}")
    one, other = take_turns(lambda: timed(mine), lambda: timed(theirs), rounds=rounds)
    pairs = zip(one, other, strict=True)
    return Figure(
        name,
        peer,
        "s",
        tuple(each.wall_s for each in one),
        tuple(each.wall_s for each in other),
        better="lower",
        bound=bound,
        details={
            **details,
            "largest_difference_nats": difference,
            "cpu_ratio": statistics.median(b.cpu_s / a.cpu_s for a, b in pairs),
        },
    )


def ablation(rounds: int) -> list[Figure]:
    """Against captum, token by token as is its default, and with its one pass for a prompt."""
    figures = []
    for texts, threads, in_tokens, bound in (
        (LONG, 1, True, 10.0),
        (SHORT, 1, True, 3.0),
        (SHORT, 2, True, 3.0),
        (LONG, 1, False, None),
    ):
        with opened(texts, threads) as case:
            size = f"{len(case.prompt_ids)} x {len(case.target_ids)}"
            figures.append(
                compare(
                    f"ablation, {size} tokens, {threads} thread{'s' * (threads > 1)}",
                    f"captum, cache off{'' if in_tokens else ', forward_in_tokens=False'}",
                    lambda case=case: ours(case, "ablation"),  # type: ignore[misc]
                    captum_ablation(case, texts[0], in_tokens=in_tokens),
                    rounds=rounds,
                    within=1e-4,
                    bound=bound,
                    threads=threads,
                )
            )
    return figures


def owen(rounds: int) -> list[Figure]:
    """Against shap's partition explainer on the same tree, by its own wrapper and by a lean one."""
    figures = []
    with opened(SHORT, 1) as case:
        size = f"{len(case.prompt_ids)} x {len(case.target_ids)}"
        for peer, value, bound in (
            ("shap's partition explainer, shap's TeacherForcing", teacher_forcing(case), 3.0),
            ("shap's partition explainer, plain batches", plain_batches(case), None),
        ):
            figures.append(
                compare(
                    f"Owen values, {size} tokens, 1 thread",
                    peer,
                    lambda: ours(case, "owen"),
                    shap_owen(case, value),
                    rounds=rounds,
                    within=1e-3,
                    bound=bound,
                    threads=1,
                )
            )
    return figures


BENCHMARKS = (Benchmark("ablation", ablation), Benchmark("owen", owen))
