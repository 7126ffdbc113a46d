"""OpenAI's embeddings: texts to vectors, as numbers or as base64."""

from __future__ import annotations

import array
import base64
import math
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from workbench.core.errors import InputError
from workbench.serving.call import Call, Facts, Piece
from workbench.serving.dialects.folding import fold
from workbench.serving.dialects.openai_completions import Texts, read_texts
from workbench.serving.dialects.openai_errors import render_error as render_error
from workbench.serving.dialects.reading import Options, Refused, decode, read_options

METHOD, PATH = "POST", "/v1/embeddings"


class EmbeddingRequest(Struct, forbid_unknown_fields=True):
    """Texts to embed.

    With ``dimensions`` a vector is cut to that many and made one of length 1 again. That loses
    little only for a model that was trained for it (Matryoshka); the length is the caller's choice.
    """

    model: str
    input: Texts
    dimensions: Annotated[int, Meta(ge=1, le=65536)] | None = None
    encoding_format: Literal["float", "base64"] | None = None
    workbench: Options | None = None
    user: str | None = None


WITHOUT_EFFECT = {"user": "the key says who asks"}
REFUSED: dict[str, Refused] = {}
_DECODER = msgspec.json.Decoder(EmbeddingRequest)


class VectorAnswer(Struct):
    """One text's vector: numbers, or little-endian 32-bit floats in base64."""

    index: int
    embedding: list[float] | str
    object: Literal["embedding"] = "embedding"


class EmbeddingUsage(Struct):
    """Tokens that were read."""

    prompt_tokens: int
    total_tokens: int


class EmbeddingsAnswer(Struct):
    """The vectors, in the texts' order."""

    data: list[VectorAnswer]
    model: str
    usage: EmbeddingUsage
    object: Literal["list"] = "list"


def parse(body: bytes, *, request_id: str, headers: Mapping[str, str]) -> Call:
    """The call of a request's body.

    Raises:
        InputError: A field is wrong; the message says which, what was found, what is allowed.
        CapabilityError: The input is token ids.
    """
    request = decode(_DECODER, body)
    texts = read_texts(request.input, "input")
    for place, text in enumerate(texts):
        if not text.strip():
            raise InputError(f"input[{place}] is an empty text", parameter="input")
    form: dict[str, str | int] = {}
    if request.encoding_format == "base64":
        form["encoding_format"] = "base64"
    if request.dimensions is not None:
        form["dimensions"] = request.dimensions
    return Call(
        request_id=request_id,
        kind="embedding",
        model=request.model,
        prompts=texts,
        options=read_options(request.workbench, headers),
        form=form,
    )


def render(call: Call, pieces: Sequence[Piece], facts: Facts, *, created_s: float) -> bytes:
    """The whole answer.

    Raises:
        InputError: More dimensions were asked for than the model's vectors have.
    """
    choices, usage = fold(pieces)
    wanted, packed = call.form.get("dimensions"), call.form.get("encoding_format") == "base64"
    vectors = []
    for choice in choices:
        vector = cut(choice.vector or (), wanted)
        vectors.append(VectorAnswer(choice.index, pack(vector) if packed else list(vector)))
    told = EmbeddingUsage(usage.prompt_tokens, usage.prompt_tokens)
    return msgspec.json.encode(EmbeddingsAnswer(vectors, facts.served_by or call.model, told))


def cut(vector: Sequence[float], dimensions: int | None) -> Sequence[float]:
    """The first ``dimensions`` of a vector, made one of length 1 again."""
    if dimensions is None or dimensions == len(vector):
        return vector
    if dimensions > len(vector):
        raise InputError(
            f"dimensions is {dimensions}; the model's vectors have {len(vector)}",
            hint="leave it out, or ask for fewer",
            parameter="dimensions",
        )
    kept = vector[:dimensions]
    length = math.hypot(*kept) or 1.0
    return [value / length for value in kept]


def pack(vector: Sequence[float]) -> str:
    """A vector as OpenAI's clients unpack it: 32-bit floats, little-endian, in base64."""
    numbers = array.array("f", vector)
    if sys.byteorder == "big":
        numbers.byteswap()
    return base64.b64encode(numbers.tobytes()).decode()
