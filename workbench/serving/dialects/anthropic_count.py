"""Anthropic's count of a prompt's tokens, before it is answered."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from workbench.serving.call import Call
from workbench.serving.dialects.anthropic_errors import render_error as render_error
from workbench.serving.dialects.anthropic_messages import make_call
from workbench.serving.dialects.anthropic_requests import COUNT_REFUSED, CountRequest
from workbench.serving.dialects.reading import decode, refuse

METHOD, PATH = "POST", "/v1/messages/count_tokens"
_DECODER = msgspec.json.Decoder(CountRequest)


class CountAnswer(Struct):
    """How many tokens the model would read."""

    input_tokens: int


def parse(body: bytes, *, request_id: str, headers: Mapping[str, str]) -> Call:
    """The call whose tokens are to be counted; errors as for one that is to be answered."""
    request = decode(_DECODER, body)
    refuse(request, COUNT_REFUSED)
    return make_call(request, request_id, headers, {}, False)


def render_count(tokens: int) -> bytes:
    """The answer."""
    return msgspec.json.encode(CountAnswer(tokens))
