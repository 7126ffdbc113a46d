"""The OpenAPI document is true: it names every route, and no answer is other than it says."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from typing import Any
from unittest.mock import MagicMock

import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from workbench.core import settings as our_settings
from workbench.models.formats.tiny import make_tiny_gguf
from workbench.serving import openapi
from workbench.serving.app import answered_routes, plain_routes
from workbench.serving.openapi_routes import ROUTES, Described

from .conftest import MODEL, Client

pytestmark = pytest.mark.model
TOLD = [status_code_conformance, content_type_conformance, response_schema_conformance,
        response_headers_conformance]  # fmt: skip
LIMITS = {"max_tokens", "max_completion_tokens", "max_output_tokens"}
PLAIN = {
    "messages": [{"role": "user", "content": "Hello"}],
    "prompt": "Hello",
    "input": "Hello",
    "max_tokens": 3,
}
CONFIG = """
[models.tiny]
path = "FOLDER/tiny.gguf"

[serving]
load_at_start = ["tiny"]
"""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A gateway with a real engine and a model of random weights, which answers at once."""
    from workbench.serving.server import serving

    folder = tmp_path_factory.mktemp("tiny")
    make_tiny_gguf(folder / "tiny.gguf")
    (folder / "workbench.toml").write_text(CONFIG.replace("FOLDER", str(folder)))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        with our_settings.override(home=folder / "home", threads=1), serving() as server:
            yield Client(server.url, server.key)


def tame(body: Any, route: Described, chance: random.Random, *, model: str, tokens: int) -> None:
    """Let a request reach a model, with a few of its optional fields, and not keep it for long."""
    if not isinstance(body, dict) or route.request is None:
        return
    if "model" in body:
        body["model"] = model
    fields = msgspec.structs.fields(route.request)
    needed = {field.name for field in fields if field.required}
    for name in set(body) - needed:
        if name in route.refused or chance.random() < 0.6:
            del body[name]
    for name in {field.name for field in fields} & LIMITS:
        if not isinstance(body.get(name), int) or body[name] > tokens:
            body[name] = tokens
    if isinstance(body.get("n"), int) and body["n"] > 2:
        body["n"] = 2
    if chance.random() < 0.7:
        body.update({name: value for name, value in PLAIN.items() if name in needed})


def ask_all(
    client: Client, routes: list[Described], mode: GenerationMode, *, model: str, examples: int
) -> set[tuple[str, int]]:
    """Ask every route what its schema allows, or does not; gives what was answered."""
    schema = schemathesis.openapi.from_url(f"{client.url}/openapi.json")
    seen: set[tuple[str, int]] = set()
    for route in routes:
        for status in ask(client, schema, route, mode, model=model, examples=examples):
            seen.add((route.path, status))
    return seen


def ask(
    client: Client, schema: Any, route: Described, mode: GenerationMode, *, model: str,
    examples: int,
) -> set[int]:  # fmt: skip
    """Ask one route; gives the statuses that came."""
    key = {"authorization": f"Bearer {client.key}"}
    checks = [*TOLD, negative_data_rejection] if mode.is_negative else TOLD
    cases = schema[route.path][route.method].as_strategy(generation_mode=mode)
    seen: set[int] = set()

    @settings(max_examples=examples, deadline=None, database=None, derandomize=True,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(case=cases, chance=st.randoms(use_true_random=False))
    def ask_once(case: Any, chance: random.Random) -> None:
        if not mode.is_negative and chance.random() < 0.8:
            tame(case.body, route, chance, model=model, tokens=4)
        response = case.call(headers=key)
        case.validate_response(response, checks=checks, headers=key)
        if response.status_code != 501:  # reserved routes say so
            case.validate_response(response, checks=[not_a_server_error], headers=key)
        seen.add(response.status_code)

    ask_once()
    return seen


MODEL_ROUTES = [route for route in ROUTES if 502 in route.faults]


@pytest.mark.slow
def test_no_answer_is_other_than_the_document_says(tiny: Client) -> None:
    seen = ask_all(tiny, ROUTES, GenerationMode.POSITIVE, model="tiny", examples=15)
    for route in MODEL_ROUTES:
        assert {status for path, status in seen if path == route.path} >= {200, 400}, seen


@pytest.mark.slow
def test_what_the_document_does_not_allow_is_refused(tiny: Client) -> None:
    wanting = [route for route in ROUTES if route.request is not None]
    seen = ask_all(tiny, wanting, GenerationMode.NEGATIVE, model="tiny", examples=10)
    # Which of them were allowed after all, each answer's own check knows; it fails for the others.
    assert {status for _, status in seen} <= {200, 201, 400, 404}, seen
    bodies = {route.path for route in wanting}
    assert {path for path, status in seen if status == 400} == bodies, seen


@pytest.mark.slow
def test_the_same_holds_for_the_real_model(client: Client) -> None:
    routes = [route for route in MODEL_ROUTES if route.path != "/v1/embeddings"]
    seen = ask_all(client, routes, GenerationMode.POSITIVE, model=MODEL, examples=5)
    assert {status for _, status in seen} <= {200, 400, 404}


def test_the_document_has_every_route_and_no_other() -> None:
    served = {
        (method, re.sub(r":\w+", "", path))
        for routes in (answered_routes(MagicMock()), plain_routes(MagicMock()))
        for method, path, _ in routes
    }
    assert served == {(route.method, route.path) for route in ROUTES}


def test_the_document_is_valid_openapi(tiny: Client) -> None:
    document = json.loads(openapi.document())
    schemathesis.openapi.from_dict(document).config.checks  # noqa: B018
    names = [route.name for route in ROUTES]
    assert len(set(names)) == len(names)
    refs = set(re.findall(r'"\$ref":"#/components/schemas/([^"]+)"', openapi.document().decode()))
    assert refs <= set(document["components"]["schemas"])
    assert tiny.request("GET", "/openapi.json", key="none").json == document


def test_each_field_says_whether_it_does_anything() -> None:
    schemas = openapi.build()["components"]["schemas"]
    chat = schemas["ChatRequest"]["properties"]
    assert chat["temperature"]["x-workbench"] == "honoured"
    assert chat["user"]["x-workbench"] == "no effect"
    assert chat["logit_bias"]["x-workbench"] == "refused"


def test_what_no_route_answers_is_told_in_the_paths_words(tiny: Client) -> None:
    missing = tiny.request("GET", "/v1/none")
    assert (missing.status, missing.json["error"]["code"]) == (404, "not_found")
    wrong = tiny.request("GET", "/v1/messages")
    assert (wrong.status, wrong.headers["allow"]) == (405, "POST")
    assert wrong.json["type"] == "error"
    assert "does not take GET" in wrong.json["error"]["message"]
    assert tiny.request("POST", "/healthz").status == 405


def lacks_404(document: dict[str, Any]) -> None:
    del document["paths"]["/v1/models/{model}"]["get"]["responses"]["404"]


def wants_more_of_an_event(document: dict[str, Any]) -> None:
    told = document["paths"]["/v1/chat/completions"]["post"]["responses"]["200"]["content"]
    data = told["text/event-stream"]["itemSchema"]["properties"]["data"]
    data["anyOf"][1]["contentSchema"] = {"required": ["never"]}


@pytest.mark.parametrize("spoil", [None, lacks_404, wants_more_of_an_event])
def test_an_answer_that_is_other_than_the_document_says_is_seen(tiny: Client, spoil: Any) -> None:
    document = openapi.build()
    if spoil is not None:
        spoil(document)
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=tiny.url)
    key = {"authorization": f"Bearer {tiny.key}"}
    said = {"model": "tiny", "messages": PLAIN["messages"], "max_tokens": 2, "stream": True}
    one, many = schema["/v1/models/{model}"]["GET"], schema["/v1/chat/completions"]["POST"]
    faults = 0
    for case in (
        one.Case(path_parameters={"model": "none"}),
        many.Case(body=said, media_type="application/json"),
    ):
        response = case.call(headers=key)
        try:
            case.validate_response(response, checks=TOLD, headers=key)
        except FailureGroup:
            faults += 1
    assert faults == (0 if spoil is None else 1)
