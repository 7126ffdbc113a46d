"""The tiles of the serving page that only tell: the gateway, its cache, errors, what came last."""

from __future__ import annotations

from collections import Counter
from typing import Any

from workbench.store.usage_rows import UsageRow
from workbench.studio.markup import count, duration, escape, number, pill, size, when
from workbench.studio.pages import trouble
from workbench.studio.serving_facts import GatewayFacts, ServingFacts, UsageFacts

_RIGHT = ' class="n"'
_START = (
    '<div class="wb-empty"><p>No gateway runs in this home. Start one:</p>'
    "<p><code>workbench serve</code></p><p>This page finds it by itself. What was used before "
    "stands here all the same.</p></div>"
)


def draw_gateway(facts: ServingFacts) -> str:
    """Whether one runs, and how it is; or what to do."""
    gateway = facts.gateway
    if gateway.situation == "none":
        return _START
    mark = pill(gateway.situation) if gateway.status else ""
    where = f"<p><code>{escape(gateway.url)}</code> {mark}</p>"
    if gateway.situation in ("locked", "silent"):
        words = {
            "locked": "A gateway runs, but does not let this page in.",
            "silent": "A gateway should run here, but does not answer this page.",
        }
        said = f'<p style="margin:.4rem 0">{words[gateway.situation]}</p>'
        return where + said + trouble(gateway.message, gateway.hint)
    status = gateway.status
    rows = [
        ("Runs for", duration(float(int(status["uptime_s"])))),
        ("Answers in work", number(status["in_flight"])),
        ("Calls queued", number(status["queued"])),
        ("Settlements not on the disk yet", number(status["settlements_waiting"])),
        ("Version", f"{status['version']}, process {status['pid']}"),
    ]
    return where + fields(rows) + _backends(gateway)


def _backends(gateway: GatewayFacts) -> str:
    away = [each for each in gateway.models["backends"] if each["state"] != "closed"]
    if not away:
        return ""
    items = "".join(
        f"<li><span class='name'>{escape(each['model'])}</span><span class='side'>✗ left alone"
        f"</span><p class='facts'>on {escape(each['backend'])}, asked again in "
        f"{duration(each['retry_after_s'])}</p></li>"
        for each in away
    )
    return f'<h3>Backends that failed</h3><ul class="wb-rows">{items}</ul>'


def draw_cache(facts: ServingFacts) -> str:
    """What is kept, and what it spared."""
    gateway = facts.gateway
    if not gateway.cache:
        return '<p class="q">Known when a gateway answers.</p>'
    cache = gateway.cache
    hits = gateway.counters.get("workbench_cache_hits_total", {})
    kinds = {"exact": "Same question", "semantic": "Like question", "flight": "Joined in flight"}
    rows = [
        *((kinds.get(kind, kind), number(int(value))) for kind, value in sorted(hits.items())),
        ("Looked up", number(cache["lookups"])),
        ("On the disk", _kept(cache.get("twin"))),
        ("In memory", f"{count(cache['entries'], 'answer')}, {size(cache['size_bytes'])} of "
                 f"{size(cache['most_bytes'])}"),
        ("Given up for room", number(cache["evictions"])),
        ("Waiting spared", duration(cache["saved_s"])),
    ]  # fmt: skip
    lead = "" if hits else '<p class="q">No answer came from the cache since the start.</p>'
    return lead + fields(rows)


def _kept(twin: Any) -> str:
    """What outlives the gateway; it comes into its memory when it is asked for again."""
    if not twin or twin.get("entries") is None:
        return "nothing is kept there" if not twin else "not reached now"
    taken = f", {size(twin['size_bytes'])}" if twin.get("size_bytes") is not None else ""
    return f"{count(twin['entries'], 'answer')}{taken}"


def draw_errors(facts: ServingFacts) -> str:
    """What was refused since the gateway's start, and what failed in the last minutes."""
    counters = facts.gateway.counters
    rows = [
        *((f"Limit {escape(limit.replace('_', ' '))}", number(int(value)))
          for limit, value in sorted(counters.get("workbench_limit_refusals_total", {}).items())),
        *((f"Backend {escape(backend)} failed", number(int(value)))
          for backend, value in sorted(counters.get("workbench_fallbacks_total", {}).items())),
        *((f"Status {escape(status)}", number(int(value)))
          for status, value in sorted(counters.get("workbench_requests_total", {}).items())
          if not status.startswith("2")),
    ]  # fmt: skip
    said = ""
    if counters:
        said = (
            "<p class='q'>Since the gateway started:</p>" + fields(rows)
            if rows
            else "<p>✓ Nothing was refused or failed since the gateway started.</p>"
        )
    codes = Counter(row.error_code or str(row.status) for row in _failed(facts.usage))
    if codes:
        recent = fields([(escape(code), number(times)) for code, times in codes.most_common()])
        said += f"<h3>Settled as failed in the last minutes</h3>{recent}"
    return said or '<p class="q">No call failed in the last minutes.</p>'


def _failed(usage: UsageFacts) -> list[UsageRow]:
    return [row for row in usage.recent if row.status >= 400]


def draw_last(facts: ServingFacts) -> str:
    """The newest settlements. The words of calls are not among what is kept of them."""
    usage = facts.usage
    if not usage.last:
        return (
            '<div class="wb-empty"><p>No call was settled yet. Each call leaves a line here: who, '
            "which model, how many tokens; never its words.</p></div>"
        )
    names = {key.id: key.name for key in (*usage.keys, *usage.revoked)}
    body = "".join(
        f"<tr><td>{when(row.time_s)}</td><td>{_outcome(row)}</td>"
        f"<td class='n'>{row.prompt_tokens} + {row.completion_tokens}</td>"
        f"<td class='n'>{duration(row.duration_s)}</td>"
        f"<td>{escape(row.model_served or row.model_asked)}</td>"
        f"<td>{escape(names.get(row.key_id, row.key_id))}</td></tr>"
        for row in usage.last
    )
    # What a phone shows without scrolling comes first.
    columns = ("When", "Outcome", "Prompt + answer", "Took", "Model", "Key")
    numeric = ("Prompt + answer", "Took")
    heads = "".join(
        f'<th scope="col"{_RIGHT if name in numeric else ""}>{name}</th>' for name in columns
    )
    return (
        '<div class="wide whole" role="region" aria-label="Settled last" tabindex="0"><table>'
        f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _outcome(row: UsageRow) -> str:
    if row.status >= 400:
        return f'<span class="pill bad">✗ {escape(row.error_code or row.status)}</span>'
    if row.cache:
        return f'<span class="pill plain">✓ from the cache, {escape(row.cache)}</span>'
    return '<span class="pill good">✓ answered</span>'


def draw_now(facts: ServingFacts) -> str:
    """The last minute in a sentence: what the lines beside it show, for eyes and ears."""
    minute = [row for row in facts.usage.recent if row.time_s > facts.looked_s - 60]
    made = sum(row.completion_tokens for row in minute if row.cache is None)
    waits = (row.time_to_first_token_s for row in minute if row.cache is None)
    firsts = sorted(wait for wait in waits if wait is not None)
    first = f", the first token after {duration(firsts[len(firsts) // 2])}" if firsts else ""
    failed = sum(row.status >= 400 for row in minute)
    bad = f", {failed} failed" if failed else ""
    return (
        f"<p>In the last minute: {count(len(minute), 'request')}{bad}, {made:,} tokens made, "
        f"{made / 60:.1f} a second{first}.</p><p class='q'>A call counts once it has ended; its "
        "tokens stand in the seconds in which they were made.</p>"
    )


def fields(rows: list[tuple[str, str]]) -> str:
    """Names and values, as a table."""
    cells = "".join(f'<tr><th scope="row">{n}</th><td class="n">{v}</td></tr>' for n, v in rows)
    return f'<table class="wb-fields">{cells}</table>'
