"""What each error is on HTTP: a status, the two dialects' words for it, and when to try again.

Ours are told with their hint. Of anything else the client learns only that it happened: the log
has the rest, beside the request's id.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass, field

from workbench.core import errors

log = logging.getLogger(__name__)

INVALID, SERVER = "invalid_request_error", "server_error"
_UNKNOWN = "something went wrong in the gateway; its log says what, beside this request's id"
_SHORTEN = (
    "shorten the prompt, or ask whoever runs the gateway for more context_tokens in the model's "
    "table of workbench.toml"
)
_MISSET = "the gateway's settings have a fault; its log says which, for whoever runs it"
_NO_ROOM = "the gateway cannot write to its disk; its log says why, for whoever runs it"


@dataclass(frozen=True)
class Row:
    """One class of errors: ``code`` is OpenAI's, the two types are those of each dialect."""

    status: int
    openai_type: str
    code: str | None
    anthropic_type: str


@dataclass(frozen=True)
class HttpError:
    """An error as an answer, before a dialect gives it its shape."""

    status: int
    openai_type: str
    code: str | None
    anthropic_type: str
    message: str
    parameter: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


ROWS: dict[type[errors.WorkbenchError], Row] = {
    errors.WorkbenchError: Row(500, SERVER, "internal_error", "api_error"),
    errors.InputError: Row(400, INVALID, "invalid_value", INVALID),
    errors.ContextLengthError: Row(400, INVALID, "context_length_exceeded", INVALID),
    errors.CapabilityError: Row(400, INVALID, "unsupported_value", INVALID),
    errors.ConflictError: Row(409, INVALID, "conflict", INVALID),
    errors.AccessError: Row(403, "permission_error", "permission_denied", "permission_error"),
    errors.NotFoundError: Row(404, INVALID, "model_not_found", "not_found_error"),
    errors.LimitError: Row(429, "rate_limit_error", "rate_limit_exceeded", "rate_limit_error"),
    errors.BusyError: Row(429, "rate_limit_error", "server_busy", "overloaded_error"),
    errors.CapacityError: Row(503, SERVER, "insufficient_memory", "overloaded_error"),
    errors.FetchError: Row(503, SERVER, "source_unreachable", "api_error"),
    errors.StorageError: Row(503, SERVER, "storage_failed", "api_error"),
    errors.DeadlineError: Row(504, SERVER, "deadline_exceeded", "timeout_error"),
    errors.CancelledError: Row(499, INVALID, "cancelled", INVALID),
}
# Limits that OpenAI tells of in its headers, by its words for them.
OPENAI_LIMITS = {"requests_per_minute": "requests", "tokens_per_minute": "tokens"}
# What an AccessError's ``reason`` makes a 401: the caller did not show who he is.
UNAUTHENTICATED = frozenset({"missing", "unknown", "expired", "revoked", "disabled"})
_UNAUTHENTICATED = Row(401, INVALID, "invalid_api_key", "authentication_error")
_USED_UP = Row(429, "insufficient_quota", "insufficient_quota", "rate_limit_error")
_MISSING = Row(404, INVALID, "not_found", "not_found_error")


def describe(error: BaseException) -> HttpError:
    """What to answer for an error.

    The error's context may say ``http_status`` where its class does not decide it (413, 501),
    ``parameter`` (the field at fault), ``retry_after_s``, ``reason`` (AccessError) and ``noun``
    (NotFoundError: what was looked for, a model if nothing is said).
    """
    if not isinstance(error, errors.WorkbenchError):
        row = ROWS[errors.WorkbenchError]
        return HttpError(500, row.openai_type, row.code, row.anthropic_type, _UNKNOWN)
    row = _row(error)
    status = status_of(error)
    if isinstance(error, errors.ConfigError):  # names a file of this machine: no client's business
        log.error("%s", error.message)
        return HttpError(status, row.openai_type, row.code, row.anthropic_type, _MISSET)
    hint, message = _hint(error), error.message
    if isinstance(error, errors.StorageError) and error.context.get("path"):
        log.error("%s", message)  # its path is no client's business either
        hint, message = None, _NO_ROOM
    if hint:
        message = f"{message} (hint: {hint})"
    parameter = error.context.get("parameter")
    return HttpError(
        status,
        row.openai_type,
        row.code,
        row.anthropic_type,
        message,
        str(parameter) if parameter is not None else None,
        _headers(error, status),
    )


def status_of(error: errors.WorkbenchError) -> int:
    """The status alone, for who writes it down and tells nobody: nothing is logged."""
    return int(error.context.get("http_status", _row(error).status))


def _hint(error: errors.WorkbenchError) -> str | None:
    """What to try, for a client: he has no Python before him, and does not load the model."""
    if isinstance(error, errors.ContextLengthError) and "context_tokens" in error.context:
        return _SHORTEN
    return error.hint


def _row(error: errors.WorkbenchError) -> Row:
    if isinstance(error, errors.AccessError) and error.context.get("reason") in UNAUTHENTICATED:
        return _UNAUTHENTICATED
    if isinstance(error, errors.LimitError) and error.context.get("retry_after_s") is None:
        return _USED_UP
    if isinstance(error, errors.NotFoundError) and error.context.get("noun", "model") != "model":
        return _MISSING
    return next(ROWS[cls] for cls in type(error).__mro__ if cls in ROWS)


def _headers(error: errors.WorkbenchError, status: int) -> dict[str, str]:
    """When to come again; the official clients read all three."""
    wait_s = error.context.get("retry_after_s")
    if wait_s is not None:
        wait_s = max(0.0, float(wait_s))
        again = {"retry-after": str(math.ceil(wait_s)), "retry-after-ms": str(round(1000 * wait_s))}
        return again | _limit_headers(error, wait_s)
    # They try again by themselves after each of these, and it would be in vain.
    in_vain = isinstance(error, (errors.LimitError, errors.ConflictError)) or status == 501
    return {"x-should-retry": "false"} if in_vain else {}


def _limit_headers(error: errors.WorkbenchError, wait_s: float) -> dict[str, str]:
    """What is left of the limit that refused, under the names that an answer would have it."""
    name = OPENAI_LIMITS.get(str(error.context.get("limit")))
    if name is None:
        return {}
    allowed, used = float(error.context["allowed"]), float(error.context["used"])
    return {
        f"x-ratelimit-limit-{name}": f"{allowed:.0f}",
        f"x-ratelimit-remaining-{name}": f"{max(0.0, allowed - used):.0f}",
        f"x-ratelimit-reset-{name}": f"{wait_s:g}s",
    }
