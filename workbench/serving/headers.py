"""What is told of an answer in its headers."""

from __future__ import annotations

import functools
from typing import Any

from workbench.serving.call import Facts
from workbench.serving.http_errors import OPENAI_LIMITS
from workbench.serving.requests import Headers

_OPENAI_LIMITS = {name: word.encode() for name, word in OPENAI_LIMITS.items()}


def tell(request_id: str, facts: Facts) -> Headers:
    """The headers that say who answered, where, why and how long it waited."""
    headers: Headers = [
        (b"x-request-id", request_id.encode()),
        (b"x-workbench-model", _safe(facts.served_by)),
        (b"x-workbench-backend", _safe(facts.backend)),
        (b"x-workbench-queue-ms", b"%d" % round(1000 * facts.queue_s)),
    ]
    if facts.dialect == "anthropic":  # under this name Anthropic's clients look for it
        headers.append((b"request-id", request_id.encode()))
    if facts.route is not None:
        headers.append((b"x-workbench-route", _safe(facts.route)))
        if facts.route_reason is not None:
            headers.append((b"x-workbench-route-reason", _safe(facts.route_reason)))
    if facts.cache is not None:
        age = f"; age={facts.cache_age_s:.0f}" if facts.cache_age_s is not None else ""
        near = f"; similarity={facts.cache_similarity:.3f}" if facts.cache_similarity else ""
        headers.append((b"x-workbench-cache", _safe(facts.cache + age + near)))
    if facts.fallbacks:
        headers.append((b"x-workbench-fallbacks", _safe(", ".join(facts.fallbacks))))
    for warning in facts.warnings:
        headers.append((b"x-workbench-warning", _safe(warning)))
    for left in facts.limits_left:
        if left.limit in _OPENAI_LIMITS:  # budgets are told by /admin/v1/budgets
            headers += _limit_headers(left)
    return headers


def _limit_headers(left: Any) -> Headers:
    """What is left of one limit, which counts whole things, as OpenAI tells it."""
    limit, allowed, rest, reset_s = left
    name = _OPENAI_LIMITS[limit]
    reset = reset_s if reset_s < 60 else round(reset_s)
    return [
        (b"x-ratelimit-limit-" + name, b"%d" % allowed),
        (b"x-ratelimit-remaining-" + name, b"%d" % (rest if rest > 0 else 0)),
        (b"x-ratelimit-reset-" + name, (b"%.3f" % reset).rstrip(b"0").rstrip(b".") + b"s"),
    ]


@functools.lru_cache(maxsize=1024)
def _safe(text: str) -> bytes:
    """A header's value: names are chosen by people, who may use letters that none can hold."""
    encoded = text.encode("ascii", "backslashreplace")
    return bytes(byte if 32 <= byte < 127 else 63 for byte in encoded)
