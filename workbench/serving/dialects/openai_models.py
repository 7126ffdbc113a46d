"""OpenAI's list of models, and one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec
from msgspec import Struct

from workbench.serving.dialects.openai_errors import render_error as render_error

METHOD, PATH, PATH_OF_ONE = "GET", "/v1/models", "/v1/models/{model:path}"


class ModelAnswer(Struct):
    """A model that may be named in a request."""

    id: str
    created: int = 0
    owned_by: str = "workbench"
    object: Literal["model"] = "model"


class ModelsAnswer(Struct):
    """The models that the caller's key may use."""

    data: list[ModelAnswer]
    object: Literal["list"] = "list"


def render_one(model: ModelAnswer) -> bytes:
    """One model."""
    return msgspec.json.encode(model)


def render_list(models: Sequence[ModelAnswer]) -> bytes:
    """The list."""
    return msgspec.json.encode(ModelsAnswer(list(models)))
