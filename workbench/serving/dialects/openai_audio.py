"""OpenAI's audio routes: reserved, so that a client learns what is missing and not a bare 404."""

from __future__ import annotations

from workbench.core.errors import CapabilityError
from workbench.serving.dialects.openai_errors import render_error as render_error

METHOD = "POST"
PATHS = ("/v1/audio/speech", "/v1/audio/transcriptions", "/v1/audio/translations")


def refusal(path: str) -> CapabilityError:
    """The error for one of the routes."""
    return CapabilityError(
        f"{path} is reserved: this gateway serves text and embeddings, no sound yet",
        hint="GET /v1/models lists what it serves",
        http_status=501,
    )
