"""The home page's tile of the fleet: how devices are, which versions they have, what is given out.

Everything is by a device's last word; the page behind it says more, and is where one acts.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from workbench.studio.fleet_facts import FleetFacts, FleetState
from workbench.studio.fleet_panels import STATES
from workbench.studio.fleet_rollouts import ROLLOUT_STATES
from workbench.studio.links import current_links
from workbench.studio.markup import count, escape
from workbench.studio.serving_panels import fields
from workbench.studio.tiles import tile

if TYPE_CHECKING:
    from workbench.edge.fleet.rollout_records import Rollout

_PAGE = "notebooks/dashboards/fleet.ipynb"
_SHOWN = 3
_facts = FleetFacts()


@tile("fleet", title="Fleet", order=39, stamp=_facts.stamp, look=_facts.look)
def draw_fleet() -> str:
    """In a few lines, with the way to the page that has all of it."""
    now = _facts.now
    if now.trouble is not None:
        raise now.trouble
    link = f'<p><a href="{escape(current_links().dashboard(_PAGE))}">The fleet page</a></p>'
    enrolled = [each for each in now.devices if not each.revoked]
    if not enrolled and not now.rollouts:
        command = "workbench edge enrol kiosk-7"
        return f'<p class="q">No device is enrolled yet: <code>{command}</code></p>{link}'
    states = Counter(each.state for each in enrolled)
    marks = " ".join(
        f'<span class="pill {kind}">{escape(said)} {states[state]:,}</span>'
        for state, (kind, said) in STATES.items()
        if states[state]
    )
    head = f"<p>{count(len(enrolled), 'device')}: {marks}</p>" if enrolled else ""
    return f"{head}{fields(_rows(now))}{link}"


def _rows(now: FleetState) -> list[tuple[str, str]]:
    """Versions by how many have them, then what is being given out."""
    enrolled = [each for each in now.devices if not each.revoked]
    versions = Counter(f"{e.bundle} {e.version}" for e in enrolled if e.version is not None)
    rows = [
        (name, f"{number:,} of {count(len(enrolled), 'device')}")
        for name, number in versions.most_common(_SHOWN)
    ]
    if len(versions) > _SHOWN:
        rows.append(("", f"and {count(len(versions) - _SHOWN, 'other version')}"))
    return rows + [(f"{each.file} is given out", _rollout(each)) for each in now.rollouts[:_SHOWN]]


def _rollout(rollout: Rollout) -> str:
    kind, said = ROLLOUT_STATES.get(rollout.state, ("plain", rollout.state))
    told = f'<span class="pill {kind}">{escape(said)}</span>'
    if rollout.state == "running":
        told += (
            f" stage {rollout.stage + 1} of {len(rollout.stages)} "
            f"({100 * rollout.share:g}% of the devices)"
        )
    if rollout.failed:
        told += f", {rollout.failed:,} failed"
    return told
