"""A budget in money lets through what it can pay for, and says what a call is made of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench import identity
from workbench.core.errors import LimitError
from workbench.serving.limits.explaining import Need, explain
from workbench.store.usage_queries import settlements

from .conftest import Client, configured_gateway

UNCACHED = {"cache": "off"}
# A tenth of a cent a token, so that a few of them are a budget.
CONFIG = """
[models.smollm2-135m]
threads = 1

[prices]
smollm2-135m = { prompt_usd_per_million_tokens = 1000, completion_usd_per_million_tokens = 1000 }
"""


@pytest.fixture(scope="module")
def priced(serving_home: Path, shared_home_path: Path, tmp_path_factory: Any) -> Iterator[Client]:
    """A gateway whose model has a price."""
    with configured_gateway(tmp_path_factory.mktemp("priced"), shared_home_path, CONFIG) as client:
        yield client


@pytest.fixture
def own_home(priced: Client, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: Any) -> None:
    """The test's own process makes keys in the gateway's home."""
    folder = max(tmp_path_factory.getbasetemp().glob("priced*"))
    monkeypatch.setenv("WORKBENCH_CONFIG", str(folder / "workbench.toml"))
    monkeypatch.setenv("WORKBENCH_HOME", str(folder / "home"))


@pytest.mark.model
@pytest.mark.usefixtures("own_home")
@pytest.mark.parametrize("period", ["day", "month"])
def test_a_prompt_is_counted_before_its_price_refuses_it(priced: Client, period: str) -> None:
    limits = identity.KeyLimits(**{f"budget_usd_{period}": 0.04})
    made = identity.create_key(f"four cents a {period}", limits=limits)
    # Reckoned at a token a byte it might cost .09; it has 21 tokens, and 10 are asked for.
    answer = priced.chat("hello", key=made.key, max_tokens=10, workbench=UNCACHED)
    assert answer.status == 200, answer.body
    refused = priced.chat("hello", key=made.key, max_tokens=10, workbench=UNCACHED)
    assert refused.status == 429
    told = refused.json["error"]["message"]
    prompt = answer.json["usage"]["prompt_tokens"]
    needed = (prompt + 10) / 1000
    # The template of one message has 20 tokens, and "hello" is one.
    own = prompt - 1
    made_of = f"{prompt} tokens of the prompt (counted, {own} of them the model's own) and 10"
    assert f"may need {needed:g}: {made_of} of" in told
    assert len(settlements(key_id=made.id)) == 1


@pytest.mark.model
@pytest.mark.usefixtures("own_home")
def test_the_answer_that_its_hint_allows_is_given(priced: Client) -> None:
    made = identity.create_key("three cents", limits=identity.KeyLimits(budget_usd_day=0.03))
    refused = priced.chat("hello", key=made.key, max_tokens=60, workbench=UNCACHED)
    assert refused.status == 429
    said = refused.json["error"]["message"]
    fitting = int(said.rpartition("max_tokens of at most ")[2].partition(",")[0].rstrip(" .)"))
    assert (
        priced.chat("hello", key=made.key, max_tokens=fitting + 1, workbench=UNCACHED).status == 429
    )
    assert priced.chat("hello", key=made.key, max_tokens=fitting, workbench=UNCACHED).status == 200


def _refusal(used: float) -> LimitError:
    return LimitError(
        "key 'a': US dollars a day: 0 of 1 are used or reserved, and this request may need 9",
        limit="budget_usd_day", allowed=1.0, used=used, asked=9.0, retry_after_s=60.0,
    )  # fmt: skip


def _explained(used: float, *, answers: int) -> LimitError:
    need = Need(20, answers, answers, counted=True, around=9)
    return explain(_refusal(used), need, usd=lambda prompt, answer: 0.01 * prompt + 0.02 * answer)


def test_what_is_left_is_told_in_the_unit_of_the_limit() -> None:
    some = _explained(0.5, answers=100)
    made_of = "20 tokens of the prompt (counted, 9 of them the model's own) and 100 of the answer"
    assert f"may need 2.2: {made_of}" in some.message
    assert some.hint is not None and "max_tokens of at most 15" in some.hint  # .2 + 15 x .02
    assert some.context["asked"] == pytest.approx(2.2)
    dear = _explained(0.85, answers=100)  # the prompt alone is too dear
    assert dear.hint is not None and "ask for less: 0.15 US dollars are left" in dear.hint
    none = _explained(0.9, answers=100)  # the model's own words, one more and its answer are .12
    assert none.hint == "try again in 60 s"
