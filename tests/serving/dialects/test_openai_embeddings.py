"""OpenAI's embeddings, and the small routes beside them."""

from __future__ import annotations

import base64
import json
import math
from typing import Any

import numpy as np
import pytest
from openai.types import Model

from workbench.core.errors import CapabilityError, InputError
from workbench.serving.call import Call, Facts, Piece, Usage
from workbench.serving.dialects import feedback, openai_audio, openai_embeddings, openai_models
from workbench.serving.http_errors import describe

VECTOR = (0.6, 0.0, 0.8)


def parse(**fields: Any) -> Call:
    body = json.dumps({"model": "m", "input": "a", **fields}).encode()
    return openai_embeddings.parse(body, request_id="r1", headers={})


def render(call: Call) -> dict[str, Any]:
    pieces = [Piece(index=1, vector=(0.0, 1.0, 0.0), finish_reason="stop"),
              Piece(index=0, vector=VECTOR, finish_reason="stop", usage=Usage(4))]  # fmt: skip
    answer: dict[str, Any] = json.loads(
        openai_embeddings.render(call, pieces, Facts(), created_s=0)
    )
    return answer


def test_what_is_read_and_refused() -> None:
    assert parse(input=["a", "b"]).prompts == ("a", "b")
    assert parse(dimensions=2, encoding_format="float") == Call(
        "r1", "embedding", "m", prompts=("a",), form={"dimensions": 2}
    )
    with pytest.raises(InputError, match=r"input\[1\] is an empty text"):
        parse(input=["a", " "])
    with pytest.raises(CapabilityError, match="token ids"):
        parse(input=[1, 2])
    with pytest.raises(InputError, match='encoding_format is "int8"'):
        parse(encoding_format="int8")


def test_numbers_come_in_the_texts_order() -> None:
    answer = render(parse(input=["a", "b"]))
    assert [row["embedding"] for row in answer["data"]] == [list(VECTOR), [0.0, 1.0, 0.0]]
    assert answer["usage"] == {"prompt_tokens": 4, "total_tokens": 4}


def test_base64_is_what_the_client_unpacks() -> None:
    row = render(parse(encoding_format="base64"))["data"][0]
    unpacked = np.frombuffer(base64.b64decode(row["embedding"]), dtype="<f4")
    assert np.allclose(unpacked, VECTOR)


def test_fewer_dimensions_are_of_length_one_again() -> None:
    vector = render(parse(dimensions=2))["data"][0]["embedding"]
    assert vector == [1.0, 0.0]
    assert math.hypot(*render(parse(dimensions=3))["data"][0]["embedding"]) == pytest.approx(1)
    with pytest.raises(InputError, match="dimensions is 4; the model's vectors have 3"):
        render(parse(dimensions=4))


def test_models_are_listed_as_the_client_reads_them() -> None:
    model = openai_models.ModelAnswer("smollm2-135m", 7)
    assert Model.model_validate_json(openai_models.render_one(model)).id == "smollm2-135m"
    assert "workbench" not in json.loads(openai_models.render_one(model))
    absent = openai_models.ModelHere("embedding", present=False)
    told = openai_models.render_one(openai_models.ModelAnswer("minilm-l6-v2", 7, workbench=absent))
    assert json.loads(told)["workbench"] == {"kind": "embedding", "present": False}
    assert Model.model_validate_json(told).id == "minilm-l6-v2"
    listed = json.loads(openai_models.render_list([model]))
    assert (listed["object"], [each["id"] for each in listed["data"]]) == (
        "list", ["smollm2-135m"],
    )  # fmt: skip


def test_audio_is_reserved() -> None:
    told = describe(openai_audio.refusal("/v1/audio/speech"))
    assert told.status == 501
    assert "reserved" in told.message


@pytest.mark.parametrize("prefix", ["", "chatcmpl-", "cmpl-", "resp_", "msg_"])
def test_feedback_takes_an_answers_id_as_it_was_told(prefix: str) -> None:
    body = json.dumps({"request_id": f"{prefix}req_1", "score": -1, "comment": "no"}).encode()
    found = feedback.parse(body)
    assert (found.request_id, found.score, found.comment) == ("req_1", -1.0, "no")
    assert json.loads(feedback.render(found))["request_id"] == "req_1"


def test_feedback_out_of_range() -> None:
    with pytest.raises(
        InputError, match="score is 2; it must be a number, at least -1 and at most 1"
    ):
        feedback.parse(b'{"request_id": "a", "score": 2}')


def test_what_feedback_says_of_learning() -> None:
    found = feedback.parse(b'{"request_id": "a", "score": -1, "corrected_answer": "Rinse it"}')
    assert (found.corrected_answer, found.consent) == ("Rinse it", None)
    assert json.loads(feedback.render(found))["consent"] is False  # silence is no consent
    found = feedback.parse(b'{"request_id": "a", "score": 1, "consent": true}')
    assert json.loads(feedback.render(found))["consent"] is True


@pytest.mark.parametrize(
    ("field", "said"),
    [
        (
            '"corrected_answer": 7',
            "corrected_answer is 7; it must be text of 1 to 10000 .* or null",
        ),
        ('"corrected_answer": ["a"]', "corrected_answer is .*; it must be text of 1 to 10000"),
        ('"corrected_answer": ""', "corrected_answer is .*; it must be"),
        (f'"corrected_answer": "{"x" * 10_001}"', "corrected_answer is .*; it must be"),
        ('"consent": "yes"', 'consent is "yes"; it must be true, false or null'),
        ('"consent": 1', "consent is 1; it must be true, false or null"),
        ('"correct_answer": "a"', "no field 'correct_answer'"),
    ],
)
def test_feedback_to_learn_from_that_is_none(field: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as told:
        feedback.parse(f'{{"request_id": "a", "score": 1, {field}}}'.encode())
    assert len(told.value.message) < 200
