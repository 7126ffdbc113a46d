"""``auto`` without a gateway: which model one that is started now would take."""

from __future__ import annotations

from workbench.core import settings
from workbench.core.errors import InputError
from workbench.models.routing.candidates import find_candidates
from workbench.models.routing.requests import Decision, Preference, RouteRequest
from workbench.models.routing.router import decide
from workbench.models.routing.settings import RoutingSettings, read_routing
from workbench.models.routing.tasks import Task, make_finder, text_to_embed

EMBEDDER = "minilm-l6-v2"
CHARS_PER_TOKEN = 4  # of English; only a prompt that is clearly too long passes a model over


def route(prompt: str, *, prefer: Preference | None = None, strict: bool = False) -> Decision:
    """The model that ``auto`` stands for, by ``[routing]`` of ``workbench.toml``.

    Raises:
        InputError: The prompt is empty.
        ConfigError: The rules are wrong.
        WorkbenchError: As ``decide`` says.
    """
    if not prompt.strip():
        raise InputError("the prompt is empty", hint="write what is to be answered")
    chosen = read_routing()
    task = _find_task(prompt, chosen) if chosen.looks_at_tasks else None
    request = RouteRequest(
        prompt, len(prompt) // CHARS_PER_TOKEN, prefer=prefer, strict=strict, task=task
    )
    default = chosen.default or settings.get("model")
    return decide(request, list(find_candidates(chosen)), chosen, default=default)


def _find_task(prompt: str, chosen: RoutingSettings) -> Task:
    from workbench.models.loading import load

    with load(EMBEDDER, isolated=True) as model:
        folder = settings.home() / "routing"
        finder = make_finder(model.embed, own=chosen.examples, folder=folder, model=EMBEDDER)
        vector = model.embed(text_to_embed(prompt))
    return finder.find(prompt, vector, least_confidence=chosen.least_confidence)
