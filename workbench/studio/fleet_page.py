"""The fleet page: devices by version and health, versions given out by stages, records."""

from __future__ import annotations

import threading
import typing
from collections.abc import Hashable
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError
from workbench.studio.errands import Errands
from workbench.studio.fleet_facts import FleetFacts
from workbench.studio.fleet_panels import draw_devices, draw_records, draw_versions
from workbench.studio.fleet_rollouts import RolloutsTile
from workbench.studio.operation_forms import Field, OperationForm, tabs_of
from workbench.studio.pages import Page, head_of, keep
from workbench.studio.tiles import Tile

_SAID = (
    "The machines that run bundles: which version each has, how it is, and a new version given out "
    "to some, then more, then all."
)
_START = (
    Field("folder", "Folder that devices update from", hint="/srv/shelf"),
    Field("bundle", "Bundle", hint="/srv/notes-2.bundle"),
    Field("stages", "Stages, as shares with commas", hint="0.05, 0.25, 1"),
    Field("least_well", "A stage is passed when this share of it has said how it is", "0.8"),
    Field("most_failing", "It halts when more than this share fails", "0.05"),
)
_READ = (
    "<p>A device is <strong>well</strong> when its version answered once, <strong>on trial"
    "</strong> before that, <strong>fell back</strong> when a version did not start and made way "
    "for the one before, and <strong>silent</strong> until its first word comes.</p><p>All of it "
    "is by a device's last word, which may be old: it is offline most of the time. Looking at this "
    "page changes nothing. A roll-out goes on, waits or halts when it is seen to: here, by "
    "<code>workbench edge rollout look</code>, or as records come where <code>workbench edge serve "
    "--watch</code> takes them.</p><p><strong>Going back"
    "</strong> is signed and numbered like any other offer: who merely shows devices an old one "
    "takes none of them back.</p>"
)


class PathForm(OperationForm):
    """A form whose paths are whole: in which folder a page stands nobody sees."""

    def values(self) -> dict[str, Any]:
        """See ``OperationForm.values``. Raises InputError for a path that is none, or not whole."""
        found = super().values()
        for parameter in self._parameters:
            if Path not in (parameter.annotation, *typing.get_args(parameter.annotation)):
                continue
            said = str(found.get(parameter.name, "")).strip()
            if not said and not parameter.required:
                continue
            label = self.inputs[parameter.name].description
            path = Path(said).expanduser()
            if not said:
                raise InputError(f"nothing stands in “{label}”", hint="/srv/shelf")
            if not path.is_absolute():
                raise InputError(f"{said!r} is no whole path, in “{label}”", hint=f"/srv/{said}")
            found[parameter.name] = str(path)
        return found


class FleetPage(Page):
    """Tiles over what one look found (``facts``); ``form`` begins a roll-out."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.facts = FleetFacts()
        self.errands = Errands(self.facts.look, lambda: self.refresh())
        self.rollouts = RolloutsTile(self.facts, self.errands)
        self.form = self._form("edge.rollout_start", _START, "Begin with the first stage")
        self.more = tabs_of(
            [
                ("Take records in", self._form(
                    "edge.receive", (Field("folder", "Carried folder", hint="/media/stick"),),
                    "Take them in",
                )),
                ("Enrol a device", self._form(
                    "edge.enrol",
                    (Field("name", "Its name", hint="kiosk-7"),
                     Field("out", "Write its secret to", hint="kiosk-7.enrolment.json")),
                    "Enrol",
                )),
            ]
        )  # fmt: skip
        tiles = self._tiles()
        super().__init__(
            tiles,
            head=head_of("Fleet", _SAID, tiles),
            title="The fleet page of Workbench",
            sheets=("serving", "explain", "viewers", "privacy", "fleet"),
        )

    def changed(self) -> None:
        """Look again and draw: something was done from the page."""
        with self._lock:
            self.look()
            self.refresh()

    def _form(self, name: str, fields: Any, button: str) -> OperationForm:
        return PathForm(name, fields, button=button, on_result=lambda _: self.changed())

    def _tiles(self) -> list[Tile]:
        facts = self.facts

        def stamp() -> Hashable:
            return facts.turn, tuple(self.errands.busy)

        return [
            Tile("versions", "Versions", lambda: draw_versions(facts.now), wide=True,
                 stamp=facts.stamp, look=facts.look),
            Tile("rollouts", "Roll-outs", self.rollouts.draw, wide=True, stamp=stamp),
            Tile("start", "Give a version out", lambda: [self.form.widget], wide=True,
                 stamp=lambda: None),
            Tile("devices", "Devices", lambda: draw_devices(facts.now), wide=True,
                 stamp=facts.stamp),
            Tile("records", "Records", lambda: draw_records(facts.now), stamp=facts.stamp),
            Tile("more", "Bring together", lambda: [self.more], stamp=lambda: None),
            Tile("read", "How to read it", lambda: _READ, stamp=lambda: None),
        ]  # fmt: skip


def fleet() -> Page:
    """The fleet page, kept up to date in a running kernel."""
    return keep(FleetPage())
