"""What each error is on HTTP."""

from __future__ import annotations

import json

import pytest

from workbench.core import errors
from workbench.serving.dialects.openai_errors import render_error
from workbench.serving.http_errors import ROWS, describe, status_of

OWN = [cls for cls in errors.all_errors() if cls.__module__ == errors.__name__]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (errors.InputError("a"), 400, "invalid_value"),
        (errors.ContextLengthError("a"), 400, "context_length_exceeded"),
        (errors.CapabilityError("a"), 400, "unsupported_value"),
        (errors.AccessError("a", reason="unknown"), 401, "invalid_api_key"),
        (errors.AccessError("a", reason="model"), 403, "permission_denied"),
        (errors.NotFoundError("a"), 404, "model_not_found"),
        (errors.NotFoundError.among("request", "a", []), 404, "not_found"),
        (errors.LimitError("a", retry_after_s=1.2), 429, "rate_limit_exceeded"),
        (errors.LimitError("a"), 429, "insufficient_quota"),
        (errors.BusyError("a", retry_after_s=2), 429, "server_busy"),
        (errors.CapacityError("a"), 503, "insufficient_memory"),
        (errors.DeadlineError("a"), 504, "deadline_exceeded"),
        (errors.EngineError("a"), 500, "internal_error"),
        (errors.StorageError("a"), 503, "storage_failed"),
        (errors.CancelledError("a"), 499, "cancelled"),
        (errors.CapabilityError("a", http_status=501), 501, "unsupported_value"),
    ],
)
def test_each_class_has_its_status_and_code(
    error: errors.WorkbenchError, status: int, code: str
) -> None:
    told = describe(error)
    assert (told.status, told.code) == (status, code)


@pytest.mark.parametrize("cls", OWN)
def test_every_error_of_the_tree_is_told(cls: type[errors.WorkbenchError]) -> None:
    told = describe(cls("found this", hint="do that"))
    if not issubclass(cls, errors.ConfigError):
        assert told.message == "found this (hint: do that)"
    assert told.status >= 400
    assert errors.WorkbenchError in ROWS


def test_when_to_come_again() -> None:
    told = describe(errors.BusyError("a", retry_after_s=1.25))
    assert told.headers == {"retry-after": "2", "retry-after-ms": "1250"}
    assert describe(errors.LimitError("a", retry_after_s=None)).headers == {
        "x-should-retry": "false"
    }
    assert describe(errors.EngineError("a")).headers == {}


def test_a_refusal_by_a_rate_says_what_is_left() -> None:
    told = errors.LimitError(
        "a", limit="tokens_per_minute", allowed=1000, used=940, asked=200, retry_after_s=12.5
    )
    assert describe(told).headers == {
        "retry-after": "13",
        "retry-after-ms": "12500",
        "x-ratelimit-limit-tokens": "1000",
        "x-ratelimit-remaining-tokens": "60",
        "x-ratelimit-reset-tokens": "12.5s",
    }
    budget = errors.LimitError(
        "a", limit="budget_usd_day", allowed=1, used=1, asked=1, retry_after_s=9
    )
    assert set(describe(budget).headers) == {"retry-after", "retry-after-ms"}


def test_a_stranger_is_told_without_its_words() -> None:
    status, headers, body = render_error(KeyError("/secret/path"), request_id="r1")
    assert (status, headers) == (
        500,
        {"content-type": "application/json", "x-request-id": "r1"},
    )
    assert b"secret" not in body
    assert json.loads(body)["error"]["type"] == "server_error"


def test_a_fault_in_the_settings_names_no_file_to_a_client(
    caplog: pytest.LogCaptureFixture,
) -> None:
    told = describe(errors.ConfigError("/data/workbench.toml is not valid", hint="edit it"))
    assert told.status == 500
    assert "workbench.toml" not in told.message
    assert "/data/workbench.toml is not valid" in caplog.text


def test_a_full_disk_names_no_file_to_a_client(caplog: pytest.LogCaptureFixture) -> None:
    fault = errors.StorageError(
        "/data/store.sqlite cannot be written: the disk is full", hint="free", path="/data/store"
    )
    told = describe(fault)
    assert (told.status, told.code) == (503, "storage_failed")
    assert "/data" not in told.message
    assert "/data/store.sqlite cannot be written" in caplog.text


def test_it_is_logged_for_the_client_s_answer_alone(caplog: pytest.LogCaptureFixture) -> None:
    fault = errors.ConfigError("/data/workbench.toml is not valid", hint="edit it")
    assert status_of(fault) == 500
    assert caplog.text == ""
    assert status_of(errors.EngineError("cut off", http_status=502)) == 502
    assert status_of(errors.BusyError("full")) == describe(errors.BusyError("full")).status == 429


def test_a_prompt_that_is_too_long_is_no_matter_of_python() -> None:
    hint = "shorten it, or models.load('m', context_tokens=...)"
    fault = errors.ContextLengthError(
        "the prompt has 9 tokens", hint=hint, prompt_tokens=9, context_tokens=8
    )
    told = describe(fault)
    assert "models.load" not in told.message and "shorten the prompt" in told.message
    assert told.code == "context_length_exceeded"
    elsewhere = errors.ContextLengthError("an upstream said so", hint="shorten the prompt")
    assert describe(elsewhere).message.endswith("(hint: shorten the prompt)")
