"""What to do about what is coming: a rule a metric, with the figures that it was read from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from workbench.monitoring.anomalies.result import Anomaly

from .facts import Facts
from .result import Evidence, Outlook, Suggestion
from .wording import size_words

CONCERN = 0.05  # the chance to meet a limit from which on something is said
FOLLOWS_LOAD = 0.5  # the rank correlation from which on a metric counts as following the load
_NEWS_S = 2 * 86_400.0
_MOST_SIGMA = 100.0
_MODELS = "workbench models list"
_CLEANABLE = {
    "cache": "workbench serving cache clear --older-than-h 168", "converted": _MODELS,
    "models": _MODELS, "blobs": _MODELS, "reports": "workbench reports list",
}  # fmt: skip


def suggest(outlooks: Sequence[Outlook], facts: Facts) -> tuple[Suggestion, ...]:
    """What to do, the most urgent first; nothing where no limit is near and nothing is unusual.

    Args:
        outlooks: By metric; those of keys' budgets are told by their limit.
        facts: Who uses what.
    """
    found = []
    for outlook in outlooks:
        rule = _RULES.get(outlook.series)
        if rule is None:
            rule = _raise_budget if outlook.limit_from.startswith("key ") else None
        made = rule(outlook, facts) if rule is not None else None
        if made is not None:
            found.append(replace(made, evidence=(*evidence_of(outlook), *made.evidence)))
    return tuple(sorted(found, key=lambda each: (each.by_s is None, each.by_s or 0.0)))


def evidence_of(outlook: Outlook) -> tuple[Evidence, ...]:
    """The forecast's figures, and each lasting anomaly's."""
    until_s = outlook.start_s + outlook.horizon_s
    said = [_evidence(outlook, "now", outlook.now, outlook.start_s - outlook.step_s)]
    said.append(_evidence(outlook, "forecast at the end", outlook.values[-1], outlook.start_s))
    if outlook.limit is not None and outlook.limit_met is not None:
        said.append(_evidence(outlook, "limit", outlook.limit, outlook.start_s))
        chance = Evidence("chance to meet the limit", outlook.limit_met.chance, "share",
                          outlook.series, outlook.start_s, until_s)  # fmt: skip
        said.append(chance)
    said += [
        Evidence(
            f"{each.kind} {each.direction}, {_sigma(each)} sigma: seen, with "
            f"{size_words(each.expected, outlook.unit)} expected",
            each.seen, outlook.unit, outlook.series, each.begun_s, each.ended_s,
        )
        for each in outlook.anomalies
    ]  # fmt: skip
    return tuple(said)


def _evidence(outlook: Outlook, what: str, value: float, since_s: float) -> Evidence:
    until_s = outlook.start_s if what == "now" else outlook.start_s + outlook.horizon_s
    return Evidence(what, value, outlook.unit, outlook.series, since_s, until_s)


def _near(outlook: Outlook) -> bool:
    return outlook.limit_met is not None and outlook.limit_met.chance >= CONCERN


def _by(outlook: Outlook) -> float | None:
    return outlook.limit_met.earliest_s if outlook.limit_met is not None else None


def _lasting(outlook: Outlook, direction: str) -> list[Anomaly]:
    """Anomalies that are no single spikes, in the direction that hurts, and go on or were there
    two days ago still."""
    return [
        each
        for each in outlook.anomalies
        if each.direction == direction
        and each.kind != "spike"
        and (each.lasts or each.ended_s > outlook.start_s - _NEWS_S)
    ]


def _because(outlook: Outlook, direction: str = "up") -> str:
    """In words: the limit that is near, else what is unusual."""
    if _near(outlook) and outlook.limit_met is not None:
        met = outlook.limit_met
        if met.likely_s is not None and met.likely_s < outlook.start_s:
            return f"{outlook.series} is at its limit ({outlook.limit_from}) already"
        return (
            f"{outlook.series} meets its limit ({outlook.limit_from}) within the horizon with "
            f"chance {met.chance:.0%}"
        )
    last = _lasting(outlook, direction)[-1]
    return (
        f"{outlook.series} was {size_words(last.seen, outlook.unit)} where "
        f"{size_words(last.expected, outlook.unit)} was expected, for {last.steps} steps"
    )


def _sigma(each: Anomaly) -> str:
    """A series that hardly moves makes a sigma of nearly nothing: more than 100 says enough."""
    return "over 100" if each.size_sigma > _MOST_SIGMA else f"{each.size_sigma:.1f}"


def _on_memory(outlook: Outlook, facts: Facts) -> Suggestion | None:
    if not (_near(outlook) or _lasting(outlook, "up")):
        return None
    because, span = _because(outlook), (facts.since_s, facts.until_s)
    follows = facts.with_load.get("memory")
    idle = sorted(facts.loaded, key=lambda name: _calls(facts, name))
    if len(idle) > 1:
        name = idle[0]
        held = (
            Evidence("bytes that it holds", facts.loaded[name], "bytes", name, *span),
            Evidence("calls in two weeks", _calls(facts, name), "calls", name, *span),
        )
        return Suggestion("unload a model", name, f"{because}; {name} is asked least", _by(outlook),
                          held, f"workbench serving models unload {name}")  # fmt: skip
    if follows is None:
        return Suggestion("look into it", "the gateway", f"{because}; too few hours say whether it "
                          "goes with the load", _by(outlook), (),
                          "workbench serving status")  # fmt: skip
    told = (Evidence("rank correlation with load", follows, "", "memory", *span),)
    if follows >= FOLLOWS_LOAD:
        return Suggestion("add a replica", "the gateway", f"{because}; it goes with the load",
                          _by(outlook), told, "workbench serving status")  # fmt: skip
    return Suggestion("restart", "the gateway", f"{because}, and does not go with the load",
                      _by(outlook), told, "workbench serving status")  # fmt: skip


def _calls(facts: Facts, name: str) -> int:
    return facts.models[name].calls if name in facts.models else 0


def _on_disk(outlook: Outlook, facts: Facts) -> Suggestion | None:
    if not (_near(outlook) or _lasting(outlook, "up")):
        return None
    sizes = {name: size for name, size in facts.folders.items() if name in _CLEANABLE and size}
    told = tuple(
        Evidence("bytes", size, "bytes", name, facts.until_s, facts.until_s)
        for name, size in list(facts.folders.items())[:3]
    )
    if not sizes:
        return Suggestion("look into it", "the disk", f"{_because(outlook)}; this home has nothing "
                          "that could be cleaned", _by(outlook), told,
                          "workbench monitoring samples home_bytes")  # fmt: skip
    largest = max(sizes, key=sizes.__getitem__)
    return Suggestion("clean the cache", largest, _because(outlook), _by(outlook), told,
                      _CLEANABLE[largest])  # fmt: skip


def _on_latency(outlook: Outlook, facts: Facts) -> Suggestion | None:
    if not (_near(outlook) or _lasting(outlook, "up")):
        return None
    span, follows = (facts.since_s, facts.until_s), facts.with_load.get("latency")
    if follows is not None and follows >= FOLLOWS_LOAD:
        told: tuple[Evidence, ...] = (
            Evidence("rank correlation with load", follows, "", "latency", *span),
        )
        return Suggestion("add a replica", "the gateway",
                          f"{_because(outlook)}; it goes with the load", _by(outlook), told,
                          "workbench serve --beside --port 8401")  # fmt: skip
    slower = {
        name: use.now_s / use.before_s
        for name, use in facts.models.items()
        if use.now_s and use.before_s
    }
    name = max(slower, key=slower.__getitem__, default="latency")
    told = tuple(
        Evidence("seconds of a call, this week over the week before", slower[name], "times", name,
                 *span) for name in slower
    )  # fmt: skip
    known = "and does not go with the load"
    if follows is None:
        known = "with too few hours to say whether it goes with the load"
    return Suggestion("look into it", name, f"{_because(outlook)}, {known}", _by(outlook), told,
                      "workbench serving usage --by model")  # fmt: skip


def _on_load(outlook: Outlook, facts: Facts) -> Suggestion | None:
    if not _near(outlook):
        return None
    return Suggestion("add a replica", "the gateway", _because(outlook), _by(outlook), (),
                      "workbench serve --beside --port 8401")  # fmt: skip


def _on_errors(outlook: Outlook, facts: Facts) -> Suggestion | None:
    if not (_near(outlook) or _lasting(outlook, "up")):
        return None
    told = tuple(
        Evidence("calls that ended so", calls, "calls", code, facts.since_s, facts.until_s)
        for code, calls in list(facts.errors.items())[:3]
    )
    subject = next(iter(facts.errors), "errors")
    return Suggestion("look into it", subject, _because(outlook), _by(outlook), told,
                      "workbench serving usage --by model")  # fmt: skip


def _on_spend(outlook: Outlook, facts: Facts) -> Suggestion | None:
    if not (_near(outlook) or _lasting(outlook, "up")):
        return None
    told = tuple(
        Evidence("spent in two weeks", usd, "USD", name, facts.since_s, facts.until_s)
        for name, usd in list(facts.spend_usd.items())[:3]
    )
    if _near(outlook):
        return Suggestion("raise the budget", "spend", _because(outlook), _by(outlook), told,
                          "workbench monitoring advice")  # fmt: skip
    subject = next(iter(facts.spend_usd), "spend")
    return Suggestion("look into it", subject, _because(outlook), None, told,
                      "workbench monitoring costs --by user")  # fmt: skip


def _raise_budget(outlook: Outlook, facts: Facts) -> Suggestion | None:
    if not _near(outlook):
        return None
    key = outlook.limit_from.removeprefix("key ")
    kind, span = outlook.series.rpartition(": ")[2].split(" a ")
    option = "--budget-usd" if kind == "USD" else "--budget-tokens"
    option += "-day" * (span == "day")
    enough = max(outlook.high)
    amount = f"{enough:.2f}" if kind == "USD" else f"{enough:.0f}"
    told = (
        Evidence("enough for 19 of 20 futures", enough, outlook.unit, outlook.series,
                 outlook.start_s, outlook.start_s + outlook.horizon_s),
    )  # fmt: skip
    return Suggestion("raise the budget", key, _because(outlook), _by(outlook), told,
                      f"workbench serving keys limits {key} {option} {amount}")  # fmt: skip


def _on_score(outlook: Outlook, facts: Facts) -> Suggestion | None:
    falls = _lasting(outlook, "down")
    if not falls:
        return None
    told = tuple(
        Evidence("calls in two weeks", use.calls, "calls", name, facts.since_s, facts.until_s)
        for name, use in list(facts.models.items())[:3]
    )
    subject = next(iter(facts.models), "the model")
    return Suggestion("re-train", subject, _because(outlook, "down"), None, told,
                      "workbench finetuning feedback --out judged.jsonl")  # fmt: skip


_RULES: Mapping[str, Callable[[Outlook, Facts], Suggestion | None]] = {
    "memory": _on_memory, "disk": _on_disk, "latency": _on_latency, "load": _on_load,
    "errors": _on_errors, "spend": _on_spend, "score": _on_score,
}  # fmt: skip
