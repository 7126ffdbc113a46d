"""What a user thought of an answer: ``POST /v1/feedback``, our own route."""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from workbench.serving.dialects.openai_errors import render_error as render_error
from workbench.serving.dialects.reading import decode

METHOD, PATH = "POST", "/v1/feedback"
# What the dialects write before a request's id, which users copy with it.
_PREFIX = re.compile(r"^(chatcmpl-|cmpl-|resp_|msg_)")


class FeedbackRequest(Struct, forbid_unknown_fields=True):
    """How good an answer was: ``score`` from -1 (bad) to 1 (good), with words if wished.

    ``corrected_answer`` is what it should have been. ``consent``: whether question and answer may
    be learnt from; who says nothing of it does not agree. A second word on an answer takes the
    place of the first as a whole.
    """

    request_id: Annotated[str, Meta(min_length=1, max_length=200)]
    score: Annotated[float, Meta(ge=-1, le=1)]
    comment: Annotated[str, Meta(max_length=10_000)] | None = None
    corrected_answer: Annotated[str, Meta(min_length=1, max_length=10_000)] | None = None
    consent: bool | None = None


class FeedbackAnswer(Struct):
    """What was noted. ``consent`` says whether the answer may be learnt from."""

    request_id: str
    consent: bool
    object: Literal["feedback"] = "feedback"


_DECODER = msgspec.json.Decoder(FeedbackRequest)


def parse(body: bytes) -> FeedbackRequest:
    """The feedback of a request's body; ``request_id`` without the dialect's prefix.

    Raises:
        InputError: A field is wrong.
    """
    request = decode(_DECODER, body)
    request.request_id = _PREFIX.sub("", request.request_id)
    return request


def render(request: FeedbackRequest) -> bytes:
    """That it was noted."""
    return msgspec.json.encode(FeedbackAnswer(request.request_id, bool(request.consent)))
