"""The list of models, and one of them, in what OpenAI's and Anthropic's clients both read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Literal

import msgspec
from msgspec import Struct

from workbench.serving.dialects.openai_errors import render_error as render_error

METHOD, PATH, PATH_OF_ONE = "GET", "/v1/models", "/v1/models/{model:path}"


class ModelHere(Struct):
    """What this gateway knows beside that of a model of its own machine.

    One that is not ``present`` is fetched for its first request, which waits for it.
    """

    kind: str
    present: bool


class ModelAnswer(Struct):
    """A model that may be named in a request.

    ``type`` and the two after it are for Anthropic's clients; ``workbench`` is there for models of
    this machine alone.
    """

    id: str
    created: int = 0
    owned_by: str = "workbench"
    object: Literal["model"] = "model"
    type: Literal["model"] = "model"
    display_name: str = ""
    created_at: str = ""
    workbench: ModelHere | msgspec.UnsetType = msgspec.UNSET

    def __post_init__(self) -> None:
        self.display_name = self.display_name or self.id
        made = dt.datetime.fromtimestamp(self.created, dt.UTC)
        self.created_at = self.created_at or made.strftime("%Y-%m-%dT%H:%M:%SZ")


class ModelsAnswer(Struct):
    """The models that the caller's key may use, all in one page."""

    data: list[ModelAnswer]
    object: Literal["list"] = "list"
    has_more: Literal[False] = False
    first_id: str | None = None
    last_id: str | None = None

    def __post_init__(self) -> None:
        if self.data:
            self.first_id, self.last_id = self.data[0].id, self.data[-1].id


def render_one(model: ModelAnswer) -> bytes:
    """One model."""
    return msgspec.json.encode(model)


def render_list(models: Sequence[ModelAnswer]) -> bytes:
    """The list."""
    return msgspec.json.encode(ModelsAnswer(list(models)))
