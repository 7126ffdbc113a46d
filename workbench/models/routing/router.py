"""The choice itself: rules first, then the task, then the preference, then the default."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.core.errors import CapabilityError, ContextLengthError, NotFoundError
from workbench.models.routing.requests import Candidate, Decision, Preference, RouteRequest
from workbench.models.routing.settings import RoutingSettings


def decide(
    request: RouteRequest,
    candidates: Sequence[Candidate],
    chosen: RoutingSettings,
    *,
    default: str,
) -> Decision:
    """Choose a model.

    Args:
        request: What is known of the request; with its task, if ``chosen.looks_at_tasks``.
        candidates: The models that may be used.
        chosen: The user's rules.
        default: Who answers when nothing speaks for another.

    Raises:
        NotFoundError: No model may be used.
        CapabilityError: None can do what the request needs; or, where it is strict, the model that
            a rule names cannot, or what the request asks for is unclear.
        ContextLengthError: It is too long for all of them.
    """
    able, passed_over = _able(request, candidates)
    task = request.task.name if request.task is not None else None
    sure = request.task.confidence if request.task is not None else None

    def made(model: str, rule: str, reason: str) -> Decision:
        return Decision(model, rule, reason, task, sure, passed_over)

    for rule in chosen.rules:
        if rule.holds(request):
            if rule.model in able:
                return made(rule.model, f"rule:{rule.name}", _conditions_of(rule.name, request))
            _refuse_if_strict(request, f"rule {rule.name!r}", rule.model, passed_over)
    if task is not None and task in chosen.tasks:
        wanted = chosen.tasks[task]
        if wanted in able:
            return made(wanted, f"task:{task}", f"reads like {task} ({sure:.0%} of the votes)")
        _refuse_if_strict(request, f"the task {task!r}", wanted, passed_over)
    elif task is None and chosen.tasks and request.strict:
        raise CapabilityError(
            "it is unclear what the request asks for, and routing is strict",
            hint="name a model, or ask without strict routing",
        )
    prefer = request.prefer or chosen.prefer
    if prefer is not None:
        best = _rank(list(able.values()), prefer)[0]
        return made(best.name, f"prefer:{prefer}", _praise(best, prefer))
    if default in able:
        return made(default, "default", "nothing speaks for another model")
    best = _rank(list(able.values()), "quality")[0]
    reason = f"{default} {passed_over.get(default, 'may not be used')}; the best of the others"
    return made(best.name, "able", reason)


def _able(
    request: RouteRequest, candidates: Sequence[Candidate]
) -> tuple[dict[str, Candidate], dict[str, str]]:
    """The candidates that can answer, and why the others cannot."""
    able: dict[str, Candidate] = {}
    passed_over: dict[str, str] = {}
    too_long = False
    needed = request.prompt_tokens + 1
    for each in candidates:
        lacking = request.needs - each.capabilities if each.capabilities is not None else set()
        if lacking:
            passed_over[each.name] = f"cannot {', '.join(sorted(lacking))}"
        elif each.context_tokens is not None and each.context_tokens < needed:
            passed_over[each.name] = f"reads {each.context_tokens} tokens at most"
            too_long = True
        else:
            able[each.name] = each
    if able:
        return able, passed_over
    if not candidates:
        raise NotFoundError(
            "there is no model to choose from", hint="workbench models pull smollm2-135m"
        )
    said = "; ".join(f"{name} {why}" for name, why in passed_over.items())
    if too_long:
        raise ContextLengthError(
            f"the prompt has about {request.prompt_tokens} tokens, too long for all models: {said}",
            hint="shorten it",
            prompt_tokens=request.prompt_tokens,
        )
    raise CapabilityError(f"no model can answer this request: {said}", hint="GET /v1/models")


def _refuse_if_strict(
    request: RouteRequest, rule: str, model: str, passed_over: dict[str, str]
) -> None:
    why = passed_over.setdefault(model, "is not here or may not be used")
    if request.strict:
        raise CapabilityError(
            f"{rule} sends this request to {model}, which {why}; routing is strict",
            hint="ask without strict routing, or change [routing]",
        )


def _conditions_of(name: str, request: RouteRequest) -> str:
    return f"{name!r} holds ({request.prompt_tokens} tokens of prompt)"


def _rank(candidates: list[Candidate], prefer: Preference) -> list[Candidate]:
    """The best first. What is unknown counts as worst; names break ties."""

    def badness(each: Candidate) -> tuple[float, float, str]:
        size = float(each.parameters or 0)
        if prefer == "quality":
            return -size, each.price_usd, each.name
        if prefer == "cost":
            return each.price_usd, -size, each.name
        if each.tokens_per_s is not None:
            return -each.tokens_per_s, size, each.name
        return 0.0, size or float("inf"), each.name

    return sorted(candidates, key=badness)


def _praise(best: Candidate, prefer: Preference) -> str:
    if prefer == "quality":
        return f"the largest ({best.parameters or 0:,} parameters known)"
    if prefer == "cost":
        return f"the cheapest ({best.price_usd:g} USD a million tokens)"
    if best.tokens_per_s is not None:
        return f"the fastest that was measured here ({best.tokens_per_s:.0f} tokens/s)"
    return "the smallest; no speed was measured yet"
