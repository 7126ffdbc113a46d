"""Asking a provider something: bounded in bytes and in time, without going where it sends us."""

from __future__ import annotations

import contextvars
import email.utils
import json
import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from workbench.core.errors import DeadlineError, FetchError, WorkbenchError
from workbench.core.optional import require

if TYPE_CHECKING:
    import httpx2

log = logging.getLogger(__name__)
T = TypeVar("T")
DEADLINE_S = 15.0
MOST_ANSWER_BYTES = 1 << 20
_STEP_S = 10.0


def make_transport() -> Any:
    """A transport that reads a megabyte of an answer at most, and nothing that is packed."""
    httpx = require("httpx2", extra="identity")

    class Bounded(httpx.HTTPTransport):  # type: ignore[name-defined]
        def handle_request(self, request: Any) -> Any:
            request.headers["Accept-Encoding"] = "identity"
            answer = super().handle_request(request)
            try:
                if answer.headers.get("content-encoding", "identity") != "identity":
                    raise FetchError("it packs its answers, unasked", reason="answer")
                parts, size = [], 0
                for part in answer.stream:
                    size += len(part)
                    if size > MOST_ANSWER_BYTES:
                        raise FetchError(
                            f"its answer is larger than {MOST_ANSWER_BYTES >> 20} MiB",
                            reason="answer",
                        )
                    parts.append(part)
            finally:
                answer.close()
            return httpx.Response(
                answer.status_code,
                headers=answer.headers,
                content=b"".join(parts),
                request=request,
            )

    return Bounded(retries=0)


def ask(
    name: str, client: httpx2.Client, call: Callable[[], T], *, deadline_s: float | None = None
) -> T:
    """Ask a provider, and wait no longer than the deadline, whatever it does meanwhile.

    Args:
        name: The provider's, for what is said.
        client: What ``call`` asks with; it is closed at the deadline, which ends the call.
        call: Asks.
        deadline_s: ``DEADLINE_S`` if None.

    Raises:
        DeadlineError: The deadline is over.
        FetchError: It cannot be reached, or its answer is none.
    """
    deadline_s = DEADLINE_S if deadline_s is None else deadline_s
    hint = f"workbench identity oidc check {name}; passwords are taken meanwhile"
    result: list[T] = []
    faults: list[BaseException] = []

    def run() -> None:
        try:
            result.append(call())
        except BaseException as error:  # noqa: BLE001 - raised in the thread that waits
            faults.append(error)

    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(run,), daemon=True, name=f"oidc {name}")
    thread.start()
    thread.join(deadline_s)
    if thread.is_alive():
        client.close()
        raise DeadlineError(
            f"the provider {name!r} did not answer within {deadline_s:g} s",
            hint=hint,
            provider=name,
        )
    for error in faults:
        raise _as_ours(name, error, hint)
    return result[0]


def _as_ours(name: str, error: BaseException, hint: str) -> BaseException:
    """What went wrong in words of ours, if it is the provider's; else as it is."""
    import httpx2

    if isinstance(error, FetchError):
        said = f"what the provider {name!r} answers cannot be used: {error}"
        return FetchError(said, hint=hint, provider=name, **error.context)
    if isinstance(error, WorkbenchError):
        return error
    if isinstance(error, httpx2.TimeoutException):
        said = f"the provider {name!r} did not answer within {_STEP_S:g} s"
        return DeadlineError(said, hint=hint, provider=name)
    if isinstance(error, (httpx2.HTTPError, httpx2.InvalidURL, OSError)):
        # Whoever signs in is told that; the number of a fault is for who runs this server.
        cause = str(error) or type(error).__name__
        log.warning("the provider %s cannot be reached: %s", name, cause)
        said = f"the provider {name!r} does not answer"
        return FetchError(said, hint=hint, reason="down", provider=name, cause=cause)
    return error


def make_client() -> httpx2.Client:
    """A client that follows no redirect: a provider's word is taken from its own address."""
    httpx = require("httpx2", extra="identity")
    found: httpx2.Client = httpx.Client(
        transport=make_transport(), timeout=_STEP_S, follow_redirects=False, trust_env=False
    )
    return found


def fetch_json(name: str, url: str, *, bearer: str | None = None) -> dict[str, Any]:
    """A JSON object from a provider.

    Raises:
        DeadlineError: It takes too long.
        FetchError: It cannot be reached, or answers something else.
    """
    headers = {"Accept": "application/json"}
    if bearer is not None:
        headers["Authorization"] = f"Bearer {bearer}"
    with make_client() as client:

        def call() -> dict[str, Any]:
            answer = client.get(url, headers=headers)
            if answer.status_code != 200:
                raise FetchError(f"{url} answers {answer.status_code}", reason="answer")
            return as_object(answer.content, url)

        return ask(name, client, call)


def as_object(data: bytes, url: str) -> dict[str, Any]:
    """A JSON object. Raises FetchError."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise FetchError(f"{url} answers no JSON object", reason="answer")
    return found


def time_of(date: str | None) -> float | None:
    """The Unix time that an answer's ``Date`` tells; None if it tells none."""
    try:
        return email.utils.parsedate_to_datetime(date or "").timestamp()
    except (ValueError, TypeError):
        return None
