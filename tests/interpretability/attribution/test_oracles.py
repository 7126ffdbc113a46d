"""On the real model, captum and shap give the same numbers: with captum's cache off.

The inputs were written down before the code that they check.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from workbench.interpretability.attribution.attributing import attribute_case
from workbench.interpretability.attribution.baselines import find_baseline
from workbench.interpretability.attribution.case import Case, open_case
from workbench.interpretability.attribution.hierarchy import build_tree, write_linkage
from workbench.interpretability.attribution.scorer import Scorer
from workbench.models import catalogue
from workbench.models.folder import find_folder
from workbench.models.loading import model_files
from workbench.models.model import Model

pytestmark = [
    pytest.mark.model,
    pytest.mark.usefixtures("shared_home"),
    pytest.mark.filterwarnings("default"),
]  # of their imports

PROMPT, TARGET = "Anna has the only key, so ask", " Anna for"


@pytest.fixture(scope="module")
def case(smollm2: Model) -> Case:
    return open_case(smollm2, PROMPT, TARGET)


@pytest.fixture(scope="module")
def scorer(case: Case) -> Scorer:
    return Scorer(case, find_baseline(case.model, "first_token"))


def by_captum(case: Case, scorer: Scorer, **options: Any) -> np.ndarray:
    """captum's ablation: ``[targets, tokens]``."""
    import torch
    from captum.attr import FeatureAblation, LLMAttribution, TextTokenInput
    from transformers import AutoTokenizer

    folder = find_folder(model_files(catalogue.find(case.model.name)), dtype="float32")
    tokenizer = AutoTokenizer.from_pretrained(folder.path)
    inp = TextTokenInput(PROMPT, tokenizer, baselines=scorer.baseline.token_id)
    assert inp.inp_tensor[0].tolist() == list(case.prompt_ids)
    method = LLMAttribution(FeatureAblation(case.model.module), tokenizer)
    with torch.no_grad():
        found = method.attribute(inp, target=torch.tensor(case.target_ids), **options)
    values: np.ndarray = found.token_attr.numpy()
    return values


def test_ablation_is_that_of_captum_without_its_cache(case: Case, scorer: Scorer) -> None:
    ours = attribute_case(case, method="ablation", scorer=scorer, curves=False).scores
    theirs = by_captum(case, scorer, use_cached_outputs=False)
    np.testing.assert_allclose(ours, theirs, atol=1e-4, rtol=0)


def test_captum_with_its_cache_is_the_broken_variant(case: Case, scorer: Scorer) -> None:
    """Its default gives other numbers after the first target token, with this transformers."""
    ours = attribute_case(case, method="ablation", scorer=scorer, curves=False).scores
    theirs = by_captum(case, scorer, use_cached_outputs=True)
    np.testing.assert_allclose(ours[0], theirs[0], atol=1e-4, rtol=0)
    assert np.abs(ours[1:] - theirs[1:]).max() > 0.1


def test_owen_values_are_those_of_shaps_partition_explainer(case: Case, scorer: Scorer) -> None:
    import shap

    ours = attribute_case(case, method="owen", scorer=scorer, curves=False)
    players = len(case.players)
    masker = shap.maskers.Partition(
        np.zeros((1, players)), clustering=write_linkage(build_tree(case))
    )

    def by_itself(given: np.ndarray) -> np.ndarray:
        """A plain batched pass of the module, with none of the scorer's ways."""
        import torch

        rows = [[*scorer.write_row(row > 0.5), *case.target_ids] for row in given]
        with torch.no_grad():
            logits = case.model.module(input_ids=torch.tensor(rows), use_cache=False).logits
        logprobs = torch.log_softmax(logits[:, len(case.prompt_ids) - 1 : -1], dim=-1)
        target = torch.tensor(case.target_ids).expand(len(rows), -1)[:, :, None]
        return logprobs.gather(2, target)[:, :, 0].numpy()

    explainer = shap.PartitionExplainer(by_itself, masker)
    theirs = explainer(np.ones((1, players)), max_evals=100_000, silent=True).values[0].T
    assert ours.steps is None  # exact
    np.testing.assert_allclose(ours.scores, theirs, atol=1e-3, rtol=0)
