"""A knowledge graph is a model of the gateway: it answers with sources, from the graph as it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.core import settings
from workbench.knowledge import operations as knowledge

from .conftest import MODEL, Client, configured_gateway

pytestmark = pytest.mark.model

DOCUMENTS = {
    "harbour.md": "# Harbour\n\nThe lighthouse of Brant was built by Mara Quill in 1871. It stands "
    "on the northern pier. The harbour master keeps its key.",
    "bakery.md": "# Bakery\n\nThe bakery of Brant opens at six. Its ovens are heated with beech.",
    "school.md": "# School\n\nThe school of Brant has two hundred pupils and a garden.",
}
QUESTION = "Who built the lighthouse of Brant?"


@pytest.fixture(scope="module")
def asked(serving_home: Path, shared_home_path: Path, tmp_path_factory: Any) -> Iterator[Client]:
    """A gateway in a home with a graph, and the graph's documents beside it."""
    folder = tmp_path_factory.mktemp("graphs")
    for name, text in DOCUMENTS.items():
        (folder / "documents").mkdir(exist_ok=True)
        (folder / "documents" / name).write_text(text)
    with configured_gateway(folder, shared_home_path, "") as client:
        with settings.override(home=folder / "home"):
            knowledge.build("town", [folder / "documents"], extractors=["patterns"])
        yield client


@pytest.fixture
def folder(asked: Client, tmp_path_factory: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the gateway's things are; the test's own process works in that home."""
    place: Path = max(tmp_path_factory.getbasetemp().glob("graphs*"))
    monkeypatch.setenv("WORKBENCH_HOME", str(place / "home"))
    return place


def ask(client: Client, text: str) -> Any:
    answer = client.chat(text, model="knowledge/town")
    assert answer.status == 200, answer.body
    return answer


def test_it_is_listed_and_answers_with_sources(asked: Client, folder: Path) -> None:
    listed = [each["id"] for each in asked.request("GET", "/v1/models").json["data"]]
    assert {"knowledge/town", MODEL} <= set(listed)
    answer = ask(asked, QUESTION)
    said = answer.json["choices"][0]["message"]["content"]
    assert "Mara Quill" in said
    assert "[1] harbour.md" in said
    assert answer.headers["x-workbench-route"] == "knowledge"
    assert answer.json["usage"]["completion_tokens"] > 0  # what phrased is settled
    assert answer.json["workbench"] == {"abstained": False}
    cited = [each["url_citation"] for each in answer.json["choices"][0]["message"]["annotations"]]
    assert {said[each["start_index"] : each["end_index"]] for each in cited} >= {"[1]"}
    with settings.override(home=folder / "home"):
        read = knowledge.citing.read("town", cited[0]["title"], cited[0]["start"], cited[0]["end"])
    assert "Mara Quill" in read.words
    again = ask(asked, QUESTION)  # from the cache, if it is kept
    assert again.json["choices"] == answer.json["choices"]
    assert again.json["workbench"] == answer.json["workbench"]


def test_what_it_does_not_know_it_does_not_answer(asked: Client, folder: Path) -> None:
    answer = ask(asked, "How many moons has the planet Jupiter?")
    assert "does not say" in answer.json["choices"][0]["message"]["content"]
    assert answer.headers["x-workbench-route-reason"].startswith("knowledge/town: abstained")
    assert answer.json["workbench"] == {"abstained": True}
    assert answer.json["choices"][0]["message"]["annotations"] == []


def test_what_quotations_cannot_honour_is_refused(asked: Client, folder: Path) -> None:
    for more in (
        {"response_format": {"type": "json_object"}},
        {"logprobs": True},
    ):
        answer = asked.chat(QUESTION, model="knowledge/town", **more)
        assert answer.status == 400, answer.body
        assert "quotes documents: it gives no" in answer.json["error"]["message"]


def test_an_answer_ends_where_its_tokens_or_a_stop_text_end_it(asked: Client, folder: Path) -> None:
    whole = ask(asked, QUESTION).json["choices"][0]
    said = whole["message"]["content"]
    assert whole["finish_reason"] == "stop"
    cut = asked.chat(QUESTION, model="knowledge/town", max_tokens=3).json["choices"][0]
    assert cut["finish_reason"] == "length"
    assert len(cut["message"]["content"].split()) <= 3
    assert cut["message"]["annotations"] == []
    ended = asked.chat(QUESTION, model="knowledge/town", stop=["[1] harbour"]).json["choices"][0]
    assert ended["finish_reason"] == "stop"
    assert "[1] harbour" not in ended["message"]["content"]
    assert ended["message"]["content"] and said


def test_another_document_is_another_answer(asked: Client, folder: Path) -> None:
    before = ask(asked, QUESTION).json["choices"][0]["message"]["content"]
    path = folder / "documents" / "harbour.md"
    path.write_text(path.read_text().replace("Mara Quill", "Otto Venn"))
    knowledge.update("town")
    after = ask(asked, QUESTION).json["choices"][0]["message"]["content"]
    assert "Mara Quill" in before
    assert "Otto Venn" in after and "Mara Quill" not in after


def test_a_graph_that_is_not_there_is_said(asked: Client, folder: Path) -> None:
    answer = asked.chat(QUESTION, model="knowledge/twon")
    assert answer.status == 404
    assert "knowledge/town" in answer.body.decode()
    assert answer.json["error"]["code"] == "model_not_found"
