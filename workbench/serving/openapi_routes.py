"""Every route of the gateway with what it takes, gives and may refuse: the document's source.

A test holds that the application has these routes and no other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct

from workbench.serving.admin import ENDPOINTS, PREFIX
from workbench.serving.dialects import (
    anthropic_count,
    anthropic_errors,
    anthropic_messages,
    anthropic_requests,
    anthropic_stream,
    feedback,
    openai_audio,
    openai_chat,
    openai_completions,
    openai_embeddings,
    openai_errors,
    openai_models,
    openai_responses,
    responses_requests,
    responses_stream,
)
from workbench.serving.dialects.anthropic_answers import MessageAnswer
from workbench.serving.dialects.openai_answers import ChatAnswer
from workbench.serving.dialects.openai_requests import REFUSED, WITHOUT_EFFECT, ChatRequest
from workbench.serving.dialects.openai_stream import ChatChunk
from workbench.serving.dialects.reading import Refused
from workbench.serving.dialects.responses_answers import ResponseAnswer

JSON, EVENTS, TEXT = "application/json", "text/event-stream", "text/plain"
ERROR = openai_errors.ErrorAnswer
# What can go wrong wherever a key is asked for; where a body is read; where a model answers.
WITH_KEY = {
    401: "The key is missing, unknown, expired or revoked.",
    403: "The key may not do this, or may not use this model.",
    500: "The gateway or an engine has a fault; the log names it beside the request's id.",
}
WITH_BODY = {
    400: "A field is wrong or asks for what is not done; the message names it.",
    408: "The body did not arrive in time.",
    413: "The body is too large.",
}
WITH_MODEL = {
    404: "There is no such model; near names are told.",
    409: "The model's state has moved on; ask again.",
    429: "A limit of the key, or the queue, is full; `Retry-After` says when to come again.",
    502: "An upstream gave no usable answer.",
    503: "There is no memory for the model now, or a store cannot be reached.",
    504: "It took longer than it was allowed.",
}


@dataclass(frozen=True)
class Described:
    """One method of one path.

    ``name`` is its ``operationId``. ``request`` and ``answer`` are structs, or None for none;
    ``event`` is the struct of a stream's events, or their names; ``error`` that of an error.
    ``no_effect`` and ``refused`` say which fields of the request do nothing, and which are not
    done. ``query`` is the struct of the URL's parameters, ``scope`` what the key must be good for.
    """

    method: str
    path: str
    name: str
    summary: str
    request: type[Struct] | None = None
    answer: Any = None
    event: Any = None
    media: str = JSON
    error: type[Struct] = ERROR
    faults: Mapping[int, str] = field(default_factory=dict)
    no_effect: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, Refused] = field(default_factory=dict)
    public: bool = False
    success: int | None = 200
    query: Any = None
    scope: str = "inference"


class Health(Struct):
    """Whether the process answers, or is ready, and the reason if it is not."""

    ok: bool | None = None
    ready: bool | None = None
    reason: str | None = None


_ANSWERED = {**WITH_KEY, **WITH_BODY, **WITH_MODEL}


def _administration() -> list[Described]:
    """The administration's routes, from its own table."""
    faults = {status: words for status, words in _ANSWERED.items() if status != 502}
    return [
        Described(
            each.method,
            PREFIX + re.sub(r":\w+", "", each.path),
            each.handler.__name__,
            each.title,
            each.body,
            each.response,
            faults=faults,
            success=each.status,
            query=each.query,
            scope=each.scope,
        )
        for each in ENDPOINTS
    ]


_AUDIO_NAMES = ("createSpeech", "createTranscription", "createTranslation")

ROUTES: list[Described] = [
    Described(
        openai_chat.METHOD, openai_chat.PATH, "createChatCompletion", "Go on with a chat",
        ChatRequest, ChatAnswer, ChatChunk, faults=_ANSWERED, no_effect=WITHOUT_EFFECT,
        refused=REFUSED,
    ),
    Described(
        openai_completions.METHOD, openai_completions.PATH, "createCompletion",
        "Go on from raw text", openai_completions.CompletionRequest,
        openai_completions.CompletionAnswer, openai_completions.CompletionAnswer,
        faults=_ANSWERED, no_effect=openai_completions.WITHOUT_EFFECT,
        refused=openai_completions.REFUSED,
    ),
    Described(
        openai_responses.METHOD, openai_responses.PATH, "createResponse", "Answer an input",
        responses_requests.ResponsesRequest, ResponseAnswer, responses_stream.EVENTS,
        faults=_ANSWERED, no_effect=responses_requests.WITHOUT_EFFECT,
        refused=responses_requests.REFUSED,
    ),
    Described(
        openai_embeddings.METHOD, openai_embeddings.PATH, "createEmbedding", "Embed texts",
        openai_embeddings.EmbeddingRequest, openai_embeddings.EmbeddingsAnswer, faults=_ANSWERED,
        no_effect=openai_embeddings.WITHOUT_EFFECT,
    ),
    Described(
        openai_models.METHOD, openai_models.PATH, "listModels", "The models that the key may use",
        answer=openai_models.ModelsAnswer, faults=WITH_KEY,
    ),
    Described(
        openai_models.METHOD, "/v1/models/{model}", "retrieveModel", "One model",
        answer=openai_models.ModelAnswer, faults={**WITH_KEY, 404: WITH_MODEL[404]},
    ),
    Described(
        anthropic_messages.METHOD, anthropic_messages.PATH, "createMessage", "Go on with a chat",
        anthropic_requests.MessagesRequest, MessageAnswer, anthropic_stream.EVENTS,
        error=anthropic_errors.ErrorAnswer, faults=_ANSWERED,
        no_effect=anthropic_requests.WITHOUT_EFFECT, refused=anthropic_requests.REFUSED,
    ),
    Described(
        anthropic_count.METHOD, anthropic_count.PATH, "countTokens", "Count a chat's tokens",
        anthropic_requests.CountRequest, anthropic_count.CountAnswer,
        error=anthropic_errors.ErrorAnswer, faults=_ANSWERED,
        no_effect=anthropic_requests.COUNT_WITHOUT_EFFECT,
        refused=anthropic_requests.COUNT_REFUSED,
    ),
    Described(
        feedback.METHOD, feedback.PATH, "createFeedback", "Say how good an answer was",
        feedback.FeedbackRequest, feedback.FeedbackAnswer,
        faults={**WITH_KEY, **WITH_BODY, 404: "The key has made no such request."},
    ),
    *(
        Described(
            openai_audio.METHOD, path, name, "Reserved", success=None,
            faults={**WITH_KEY, 501: "Not done yet."},
        )
        for path, name in zip(openai_audio.PATHS, _AUDIO_NAMES, strict=True)
    ),
    *_administration(),
    Described("GET", "/healthz", "health", "Whether the process answers", answer=Health,
              public=True),
    Described("GET", "/readyz", "ready", "Whether requests are answered now", answer=Health,
              public=True, faults={503: "No: `reason` says why."}, error=Health),
    Described("GET", "/metrics", "metrics", "Figures for Prometheus", media=TEXT, faults=WITH_KEY,
              scope="admin:read"),
    Described("GET", "/openapi.json", "openapi", "This document", public=True),
]  # fmt: skip
