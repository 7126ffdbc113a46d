"""Roll-outs on the fleet page: their stages, how they go, and buttons that ask once more."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from workbench.core.optional import require
from workbench.studio.errands import Errands
from workbench.studio.fleet_facts import FleetFacts
from workbench.studio.markup import escape, when

if TYPE_CHECKING:
    from workbench.edge.fleet.rollout_records import Rollout

_NONE = (
    '<div class="wb-empty"><p>No version is being given out. Begin with the form below, or with '
    "<code>workbench edge rollout start SHELF BUNDLE</code></p><p>It is offered to a first share "
    "of the devices; when those are well, to more; and to nobody any more when they fail.</p></div>"
)
ROLLOUT_STATES = {
    "running": ("mark", "\u25b6 running"),
    "done": ("good", "\u2713 done"),
    "halted": ("bad", "\u2717 halted"),
    "going back": ("bad", "\u21a9 going back"),
}
_REASON = "on the fleet page"


class RolloutsTile:
    """Each roll-out with its stages; halting and going back ask once more before they do it."""

    def __init__(self, facts: FleetFacts, errands: Errands) -> None:
        self._widgets = require("ipywidgets", extra="studio")
        self._facts, self._errands = facts, errands
        self._rows: dict[str, _Row] = {}
        self._list = self._widgets.VBox()

    def draw(self) -> list[Any]:
        """Bring the rows up to date."""
        now = self._facts.now
        if now.trouble is not None:
            return ['<p class="q">The store cannot be read; see above.</p>']
        if not now.rollouts:
            return [_NONE, self._errands.note]
        known = {each.line: self._rows.get(each.line) or _Row(self) for each in now.rollouts}
        self._rows = known
        for each in now.rollouts:
            gone = each.line in now.missing
            known[each.line].update(each, busy=each.line in self._errands.busy, gone=gone)
        boxes = tuple(row.box for row in known.values())
        if self._list.children != boxes:
            self._list.children = boxes
        return [self._list, self._errands.note]

    def see_to(self, rollout: Rollout) -> None:
        """Go on, wait or halt, by what the devices said."""
        from workbench.edge.fleet.operations import rollout_look

        self._do(rollout, rollout_look, "Seeing to", "It was seen to: this is how it is now.")

    def halt(self, rollout: Rollout) -> None:
        """Offer it to nobody any more."""
        from workbench.edge.fleet.operations import rollout_halt

        act = partial(rollout_halt, reason=_REASON)
        self._do(rollout, act, "Halting", f"Version {rollout.version} is offered to nobody now.")

    def go_back(self, rollout: Rollout) -> None:
        """Have the devices take the version before."""
        from workbench.edge.fleet.operations import rollout_back

        act, back = partial(rollout_back, reason=_REASON), rollout.before_version
        self._do(rollout, act, "Going back", f"Devices go back to version {back} as they come by.")

    def _do(self, rollout: Rollout, act: Callable[[Any], Any], doing: str, done: str) -> None:
        said = f"{doing} version {rollout.version}"
        self._errands.run(rollout.line, said, lambda: act(rollout.folder), done=done)


class _Row:
    """One roll-out: what is told of it, and its buttons or the question that one of them asks."""

    def __init__(self, tile: RolloutsTile) -> None:
        self._tile = tile
        self._rollout: Rollout | None = None
        widgets = require("ipywidgets", extra="studio")
        self._widgets = widgets
        self._text = widgets.HTML()
        self._buttons = widgets.Box([])
        self._buttons.add_class("wb-buttons")
        self._acts = {
            "see": self._button("See to it now", "Go on, wait or halt, by what devices said"),
            "halt": self._button("Halt\u2026", "Offer this version to nobody any more"),
            "back": self._button("Go back\u2026", "Have devices take the version before"),
        }
        self._acts["see"].on_click(lambda _: self._tile.see_to(self._known()))
        for name in ("halt", "back"):
            self._acts[name].on_click(lambda _, name=name: self._ask(name))
        self._asked: tuple[Any, ...] = ()
        self.box = widgets.Box([self._text, self._buttons])
        self.box.add_class("wb-rollout")

    def update(self, rollout: Rollout, *, busy: bool, gone: bool) -> None:
        """Show it as it is now. A question that was asked of another state is taken back."""
        if self._rollout is not None and self._rollout.state != rollout.state:
            self._asked = ()
        self._rollout = rollout
        self._text.value = draw_rollout(rollout, gone=gone)
        for button in self._acts.values():
            button.disabled = busy or gone
        shown = self._asked or tuple(self._acts[name] for name in allowed(rollout))
        if self._buttons.children != shown:
            self._buttons.children = shown

    def _known(self) -> Rollout:
        assert self._rollout is not None
        return self._rollout

    def _button(self, said: str, tooltip: str) -> Any:
        return self._widgets.Button(description=said, tooltip=tooltip)

    def _ask(self, name: str) -> None:
        """Ask, with the focus on the answer that changes nothing."""
        rollout = self._known()
        keep = self._button("Leave it", "Change nothing")
        words = {
            "halt": ("Halt for all", self._tile.halt),
            "back": (f"Go back to version {rollout.before_version}", self._tile.go_back),
        }
        said, act = words[name]
        go = self._button(said, "This is signed, and devices do it as they come by")
        go.add_class("wb-danger")
        keep.on_click(lambda _: self._answer(name))

        def done(_: Any) -> None:
            self._answer(name)
            act(self._known())

        go.on_click(done)
        self._asked = (keep, go)
        self._buttons.children = self._asked
        keep.focus()

    def _answer(self, name: str) -> None:
        self._asked = ()
        self._buttons.children = tuple(self._acts[each] for each in allowed(self._known()))
        self._acts[name].focus()


def allowed(rollout: Rollout) -> list[str]:
    """The buttons that make sense: what is halted already is not halted again."""
    found = ["see"] if rollout.state in ("running", "going back") else []
    found += ["halt"] if rollout.state in ("running", "done") else []
    return found + (["back"] if rollout.before_file and rollout.state != "going back" else [])


def draw_rollout(rollout: Rollout, *, gone: bool = False) -> str:
    """Its name, its stages, and how the devices of the present one are."""
    kind, said = ROLLOUT_STATES.get(rollout.state, ("plain", rollout.state))
    facts = [f"begun {when(rollout.started_s)}", f"<code>{escape(rollout.folder)}</code>"]
    if rollout.state == "going back":
        facts.append(f"back to version {rollout.before_version}")
    elif rollout.before_version:
        facts.append(f"version {rollout.before_version} was offered before")
    told = "".join(f"<span>{each}</span>" for each in facts)
    why = f'<p class="wb-why">{escape(rollout.reason)}</p>' if rollout.reason else ""
    if gone:
        why += '<p class="wb-why">Its folder is not there any more.</p>'
    return (
        f'<div class="wb-top"><strong>{escape(rollout.file)}, version {rollout.version}</strong> '
        f'<span class="pill {kind}">{escape(said)}</span></div>'
        f'<div class="wb-facts">{told}</div>{_stages(rollout)}{_counts(rollout)}{why}'
    )


def _stages(rollout: Rollout) -> str:
    """A step a stage: passed, the present one, or still to come."""
    steps = []
    for number, share in enumerate(rollout.stages):
        passed = number < rollout.stage or rollout.state == "done"
        here = number == rollout.stage and rollout.state == "running"
        stopped = number == rollout.stage and rollout.state in ("halted", "going back")
        mark = "\u2713" if passed else "\u25b6" if here else "\u2717" if stopped else "\u00b7"
        name = "passed" if passed else "here" if here else "stopped" if stopped else "later"
        now = ' aria-current="step"' if here else ""
        steps.append(f'<li class="{name}"{now}>{mark} {100 * share:g}%</li>')
    label = "Stages, as shares of the devices"
    return f'<ol class="wb-stages" aria-label="{label}">{"".join(steps)}</ol>'


def _counts(rollout: Rollout) -> str:
    total = rollout.well + rollout.failed + rollout.waiting
    parts = (("well", rollout.well), ("failed", rollout.failed), ("waiting", rollout.waiting))
    back = rollout.state == "going back"
    names = {"well": "have it" if back else "well", "failed": "failed", "waiting": "not heard of"}
    said = ", ".join(f"{number:,} {names[name]}" for name, number in parts)
    if not total:
        return '<p class="q">No device of this line has said anything yet.</p>'
    bars = "".join(
        f'<i class="{name}" style="width:{100 * number / total:.1f}%"></i>'
        for name, number in parts
        if number
    )
    return (
        f'<div class="wb-meter wb-split" role="img" aria-label="{escape(said)}">{bars}</div>'
        f'<p class="q">{escape(said)}</p>'
    )
