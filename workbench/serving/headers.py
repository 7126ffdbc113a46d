"""What is told of an answer in its headers."""

from __future__ import annotations

from workbench.serving.call import Facts

Headers = list[tuple[bytes, bytes]]


def tell(request_id: str, facts: Facts) -> Headers:
    """The headers that say who answered, where, why and how long it waited."""
    headers: Headers = [
        (b"x-request-id", request_id.encode()),
        (b"x-workbench-model", _safe(facts.served_by)),
        (b"x-workbench-backend", _safe(facts.backend)),
        (b"x-workbench-queue-ms", b"%d" % round(1000 * facts.queue_s)),
    ]
    if facts.route is not None:
        headers.append((b"x-workbench-route", _safe(facts.route)))
        if facts.route_reason is not None:
            headers.append((b"x-workbench-route-reason", _safe(facts.route_reason)))
    if facts.cache is not None:
        age = f"; age={facts.cache_age_s:.0f}" if facts.cache_age_s is not None else ""
        headers.append((b"x-workbench-cache", _safe(facts.cache + age)))
    if facts.fallbacks:
        headers.append((b"x-workbench-fallbacks", _safe(", ".join(facts.fallbacks))))
    return headers


def _safe(text: str) -> bytes:
    """A header's value: names are chosen by people, who may use letters that none can hold."""
    encoded = text.encode("ascii", "backslashreplace")
    return bytes(byte if 32 <= byte < 127 else 63 for byte in encoded)
