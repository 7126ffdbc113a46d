"""``[ensembles.NAME]``: what is allowed, and what is said of what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.core.errors import CapabilityError, ConfigError, NotFoundError
from workbench.models import load
from workbench.models.ensembles.majority import Majority
from workbench.models.virtual import find_virtual, is_virtual, virtual_names


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    def put(text: str) -> None:
        path = tmp_path / "workbench.toml"
        path.write_text(text, "utf-8")
        monkeypatch.setenv("WORKBENCH_CONFIG", str(path))

    return put


def test_a_table_is_a_model(write) -> None:  # type: ignore[no-untyped-def]
    write('[ensembles.vote]\nkind = "majority"\nmembers = ["a", "b"]\nsamples = 2\nquorum = 0.75\n')
    assert virtual_names() == ["ensemble/vote"]
    assert is_virtual("ensemble/vote") and not is_virtual("vote") and not is_virtual("other/vote")
    found = find_virtual("ensemble/vote")
    assert found == Majority("ensemble/vote", ("a", "b"), samples=2, quorum=0.75)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('members = ["a", "b"]', "kind is missing"),
        ('kind = "vote"\nmembers = ["a", "b"]', "kind is 'vote'"),
        ('kind = "majorty"\nmembers = ["a", "b"]', "did you mean 'majority'"),
        ('kind = "majority"', "members: it is missing"),
        ('kind = "majority"\nmembers = []', "members"),
        ('kind = "majority"\nmembers = ["a"]', "one answer leaves nothing"),
        ('kind = "majority"\nmembers = ["a", "b"]\nthreshold = 0.5', "threshold: there is no"),
        ('kind = "majority"\nmembers = ["a", "b"]\nquorum = 2.0', "quorum"),
        ('kind = "majority"\nmembers = ["a", "a"]', "a is named twice"),
        ('kind = "majority"\nmembers = ["a", "b"]\nsamples = 99', "more than 32 questions"),
        ('kind = "majority"\nmembers = ["a", "ensemble/x"]', "ensemble/x is made of models"),
        ('kind = "cascade"\nmembers = ["a"]', "a cascade needs two"),
        ('kind = "judge"\nmembers = ["a", "b"]', "judge: it is missing"),
    ],
)
def test_a_wrong_table_is_said(write, table: str, said: str) -> None:  # type: ignore[no-untyped-def]
    write(f"[ensembles.x]\n{table}\n")
    with pytest.raises(ConfigError, match=said) as told:
        find_virtual("ensemble/x")
    assert "[ensembles.x]" in told.value.message


def test_near_names_are_named(write) -> None:  # type: ignore[no-untyped-def]
    write('[ensembles.vote]\nkind = "majority"\nmembers = ["a", "b"]\n')
    with pytest.raises(NotFoundError, match="did you mean 'ensemble/vote'"):
        load("ensemble/votes")


def test_a_member_that_is_not_on_this_machine_is_told(  # type: ignore[no-untyped-def]
    write, caplog: pytest.LogCaptureFixture
) -> None:
    write(
        '[upstreams.far]\nurl = "http://127.0.0.1:1/v1"\nmodels = ["large"]\n'
        '[ensembles.thrifty]\nkind = "cascade"\nmembers = ["smollm2-135m", "large"]\n'
    )
    with load("ensemble/thrifty"):
        (told,) = caplog.messages
    assert told.startswith("ensemble/thrifty goes on without large: no model named 'large'")
    assert "[upstreams.far] has it" in told


@pytest.mark.model
def test_an_ensemble_is_asked_as_a_model_is(write, shared_home: Path) -> None:  # type: ignore[no-untyped-def]
    write(
        '[ensembles.best]\nkind = "best_of"\nmembers = ["smollm2-135m"]\nsamples = 2\n'
        "[models.smollm2-135m]\nthreads = 1\n"
    )
    asked = [{"role": "user", "content": "What is the capital of France?"}]
    with load("ensemble/best") as model:
        reply = model.chat(asked, max_tokens=12, seed=1)
        again = model.chat(asked, max_tokens=12, seed=1)
        chunks = list(model.stream_chat(asked, max_tokens=12, seed=1))
        with pytest.raises(CapabilityError, match="cannot tokenize"):
            model.tokenize("x")
        with pytest.raises(CapabilityError):
            model.score("a", "b")
    assert reply.text == again.text == chunks[0].text
    assert reply.model == "smollm2-135m"
    assert reply.prompt_tokens == 2 * 27  # both questions count
    assert reply.logprobs == ()  # nobody asked for them
    with pytest.raises(Exception, match="was closed"):
        model.chat(asked)
