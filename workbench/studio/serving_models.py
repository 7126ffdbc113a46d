"""The loaded models on the serving page: memory, who is busy, and buttons to change it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.core.optional import require
from workbench.models.footprints import MEMORY_AT_MOST, MEMORY_NOW
from workbench.serving.running_operations import load_model, pin_model, unload_model, unpin_model
from workbench.studio.errands import Errands
from workbench.studio.markup import count, escape, number, pill, size, when
from workbench.studio.serving_facts import ServingFacts

_DRAIN_S = 30.0


class ModelsTile:
    """The list. A row's buttons stay the same widgets while its model stays, so that focus does."""

    def __init__(self, facts: ServingFacts, errands: Errands) -> None:
        self._widgets = require("ipywidgets", extra="studio")
        self._facts, self._errands = facts, errands
        self._rows: dict[str, _Row] = {}
        self._memory, self._waiting = self._widgets.HTML(), self._widgets.HTML()
        self._list = self._widgets.VBox()
        self._choice = self._widgets.Dropdown(
            description="Load another", tooltip="A model of this disk"
        )
        self._load = self._widgets.Button(description="Load", tooltip="Load the model chosen")
        self._load.on_click(lambda _: self._load_chosen())
        self._chooser = self._widgets.Box([self._choice, self._load])
        self._chooser.add_class("wb-choose")
        self._chooser.add_class("wb-named")

    def draw(self) -> list[Any]:
        """Bring the rows up to date."""
        gateway = self._facts.gateway
        if gateway.situation not in ("ready", "starting"):
            way = "Start one: <code>workbench serve</code>" if gateway.situation == "none" else ""
            said = "What is loaded is known when a gateway answers."
            return [f'<p class="q">{said} {way}</p>']
        pool = gateway.models["pool"]
        self._memory.value = _memory(pool)
        self._waiting.value = _waiting(pool)
        models = {each["name"]: each for each in pool["models"]}
        self._rows = {name: self._rows.get(name) or _Row(self, name) for name in models}
        for name, row in self._rows.items():
            row.update(models[name], busy=name in self._errands.busy)
        boxes = tuple(row.box for row in self._rows.values())
        if self._list.children != boxes:
            self._list.children = boxes
        self._offer([name for name in self._facts.present if name not in models])
        return [self._memory, self._list, self._waiting, self._chooser, self._errands.note]

    def _offer(self, names: list[str]) -> None:
        if list(self._choice.options) != names:
            kept = self._choice.value
            self._choice.options = names
            self._choice.value = kept if kept in names else next(iter(names), None)
        self._chooser.layout.display = None if names else "none"
        self._load.disabled = not names or self._choice.value in self._errands.busy

    def _load_chosen(self) -> None:
        name = self._choice.value
        if name:
            self._errands.run(
                name, f"Loading {name}", lambda: load_model(name), done=f"{name} is loaded."
            )

    def unload(self, name: str) -> None:
        """Take a model out of memory once its answers are done."""
        self._errands.run(
            name,
            f"Unloading {name} (its answers may go on for {_DRAIN_S:.0f} s)",
            lambda: unload_model(name, drain_s=_DRAIN_S),
            done=f"{name} is unloaded.",
        )

    def pin(self, name: str, *, pinned: bool) -> None:
        """Pin a model, or let it go again if it is pinned."""
        if pinned:
            done = f"{name} may be evicted again."
            self._errands.run(name, f"Unpinning {name}", lambda: unpin_model(name), done=done)
        else:
            done = f"{name} stays until it is unpinned or unloaded."
            self._errands.run(name, f"Pinning {name}", lambda: pin_model(name), done=done)


class _Row:
    """One model with its two buttons."""

    def __init__(self, tile: ModelsTile, name: str) -> None:
        widgets = require("ipywidgets", extra="studio")
        self._text = widgets.HTML()
        self._pin, self._unload = widgets.Button(), widgets.Button(description="Unload")
        self._unload.tooltip = f"Unload {name}"
        self._pinned = False
        self._name = name
        self._pin.on_click(lambda _: tile.pin(name, pinned=self._pinned))
        self._unload.on_click(lambda _: tile.unload(name))
        buttons = widgets.Box([self._pin, self._unload])
        buttons.add_class("wb-buttons")
        self.box = widgets.Box([self._text, buttons])
        self.box.add_class("wb-job")

    def update(self, model: Mapping[str, Any], *, busy: bool) -> None:
        """Show a model as it is now."""
        self._text.value = _describe(model)
        self._pinned = model["pinned"]
        self._pin.description = "Unpin" if self._pinned else "Pin"
        self._pin.tooltip = f"{self._pin.description} {self._name}"
        self._pin.disabled = self._unload.disabled = busy


def _describe(model: Mapping[str, Any]) -> str:
    rate = model["tokens_per_s"]
    facts = [
        model["engine"],
        f"{MEMORY_NOW} {size(model['resident_bytes'])}",
        f"{count(model['in_flight'], 'answer')} in work, {model['queued']} queued",
        f"{number(float(rate))} tokens/s with their prompts" if rate else "",
        f"used {when(model['last_used_s'])}" if model["last_used_s"] else "not used yet",
    ]
    said = "".join(
        f"<span>{fact if '<time' in fact else escape(fact)}</span>" for fact in facts if fact
    )
    pinned = f" {pill('pinned')}" if model["pinned"] else ""
    return (
        f"<div><strong>{escape(model['name'])}</strong> {pill(model['status'])}{pinned}</div>"
        f'<div class="wb-facts">{said}</div>'
    )


def _memory(pool: Mapping[str, Any]) -> str:
    budget, used = pool["budget_bytes"], pool["used_bytes"]
    said = f"{size(used)} of {size(budget)} that models may take{_reserved(pool['reserved_bytes'])}"
    label = MEMORY_NOW.capitalize()
    shares = "".join(
        f'<i style="width:{_percent(each["resident_bytes"], budget)}%"></i>'
        for each in pool["models"]
    )
    more = f'<i class="kept" style="width:{_percent(pool["reserved_bytes"], budget)}%"></i>'
    return (
        f'<p>{label}: {said}</p><div class="wb-meter" role="img" aria-label="{label}: {said}">'
        f"{shares}{more}</div>"
        + (
            ""
            if pool["models"]
            else '<p class="q">No model is loaded; the first call loads one.</p>'
        )
    )


def _reserved(reserved_bytes: int) -> str:
    return f", {size(reserved_bytes)} more kept for what they grow to" if reserved_bytes else ""


def _percent(part: float, whole: float) -> str:
    return f"{min(100.0, 100 * part / whole):.1f}" if whole else "0"


def _waiting(pool: Mapping[str, Any]) -> str:
    if not pool["waiting"]:
        return ""
    items = "".join(
        f"<li><span class='name'>{escape(each['name'])}</span><span class='side'>"
        f"{count(each['queued'], 'call waits', 'calls wait')}</span><p class='facts'>"
        f"{MEMORY_AT_MOST} {size(each['needed_bytes'])}{_failures(each['failures'])}</p></li>"
        for each in pool["waiting"]
    )
    return f'<h3>Waiting for memory</h3><ul class="wb-rows">{items}</ul>'


def _failures(failures: int) -> str:
    return f", {count(failures, 'load')} failed" if failures else ""
