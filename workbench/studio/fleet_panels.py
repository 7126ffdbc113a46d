"""The tiles of the fleet page that only tell: versions, devices, records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.studio.fleet_facts import FleetState
from workbench.studio.markup import count, escape, size, when

if TYPE_CHECKING:
    from workbench.edge.fleet.devices import FleetDevice
    from workbench.edge.syncing.counting import KindCount

MOST_DRAWN = 60
# In the order in which one wants to see them: what needs somebody first.
STATES = {
    "fell back": ("bad", "\u2717 fell back"),
    "on trial": ("mark", "\u25b6 on trial"),
    "silent": ("plain", "\u00b7 silent"),
    "well": ("good", "\u2713 well"),
    "revoked": ("plain", "\u2013 revoked"),
}
_NO_DEVICE = (
    '<div class="wb-empty"><p>No device is enrolled yet. Make a bundle, bring it to a machine, and '
    "let that in:</p><p><code>workbench edge bundle notes --out notes-1.bundle</code></p>"
    "<p><code>workbench edge enrol kiosk-7</code></p><p>What it then sends stands here: which "
    "version it has, how it is, and what waits there.</p></div>"
)
_NO_RECORD = '<p class="q">No record came yet: a device brings them with <code>sync</code>.</p>'


def draw_versions(facts: FleetState) -> str:
    """How many devices have which version, and how they are."""
    if facts.trouble is not None:
        raise facts.trouble
    enrolled = [each for each in facts.devices if not each.revoked]
    if not enrolled:
        return _NO_DEVICE
    states = Counter(each.state for each in enrolled)
    marks = " ".join(
        f'<span class="pill {kind}">{escape(said)} {states[state]:,}</span>'
        for state, (kind, said) in STATES.items()
        if states[state]
    )
    versions = Counter((e.bundle, e.version or 0) for e in enrolled if e.version is not None)
    rows = "".join(
        _version(bundle, version, number, len(enrolled))
        for (bundle, version), number in sorted(versions.items(), reverse=True)
    )
    silent = states["silent"]
    rows += _version("not heard of", 0, silent, len(enrolled)) if silent else ""
    return f'<p class="wb-marks">{marks}</p><ul class="wb-rows">{rows}</ul>'


def _version(bundle: str, version: int, number: int, total: int) -> str:
    name = f"{bundle} {version}" if version else bundle
    share = 100 * number / total
    said = f"{number} of {total} devices"
    return (
        f'<li><span class="name">{escape(name)}</span><span class="side">{escape(said)}</span>'
        f'<div class="wb-meter" role="img" aria-label="{escape(name)}: {escape(said)}">'
        f'<i style="width:{share:.1f}%"></i></div></li>'
    )


def draw_devices(facts: FleetState) -> str:
    """A line a device, those that need somebody first."""
    if facts.trouble is not None:
        return '<p class="q">The store cannot be read; see above.</p>'
    if not facts.devices:
        return '<p class="q">None yet.</p>'
    order = list(STATES)
    shown = sorted(facts.devices, key=lambda each: (order.index(each.state), each.name))
    rows = "".join(map(draw_device, shown[:MOST_DRAWN]))
    more = len(shown) - MOST_DRAWN
    rest = (
        f'<p class="q">{count(more, "more device")}: <code>workbench edge devices</code></p>'
        if more > 0
        else ""
    )
    return f'<ul class="wb-rows">{rows}</ul>{rest}'


def draw_device(each: FleetDevice) -> str:
    """A list's line of a device: its state, version, contact and records, and what is wrong."""
    kind, said = STATES[each.state]
    version = f"{each.bundle} {each.version}" if each.version is not None else "no version told yet"
    contact = f"last contact {when(each.contact_s)}" if each.contact_s else "never heard of"
    told = [escape(version), contact, escape(_records(each))]
    if each.temperature_c is not None:
        told.append(f"{each.temperature_c:.0f} \u00b0C")
    if each.battery_percent is not None:
        told.append(f"battery {each.battery_percent}%")
    facts = "".join(f"<span>{part}</span>" for part in told)
    return (
        f'<li><span class="name">{escape(each.name)}</span><span class="side">'
        f'<span class="pill {kind}">{escape(said)}</span></span><p class="facts">{facts}</p>'
        f"{_notes(each)}</li>"
    )


def _records(each: FleetDevice) -> str:
    said = f"{count(each.records, 'record')} here"
    if each.seen_s is not None:
        said += f", {each.waiting:,} waited there"
    return said + (f", {each.set_aside:,} refused" if each.set_aside else "")


def _notes(each: FleetDevice) -> str:
    """Why it went back, what it refused, and what is wrong with its clock."""
    notes = []
    if each.fell_back:
        notes.append(f"went back from {each.fell_back[0][:12]}: {'; '.join(each.fell_back[1:])}")
    notes += [
        f"refuses {digest[:12]}: {why}"
        for digest, why in each.refused.items()
        if digest not in each.fell_back[:1]
    ]
    notes += [each.clock] if each.clock else []
    return "".join(f'<p class="wb-why">{escape(note)}</p>' for note in notes)


def draw_records(facts: FleetState) -> str:
    """What came, by kind, and what still waited as devices said their last word."""
    if facts.trouble is not None:
        return '<p class="q">The store cannot be read; see above.</p>'
    if not facts.devices:
        return _NO_RECORD
    total = sum(each.records for each in facts.kinds)
    aside = sum(each.set_aside for each in facts.devices)
    rows = [
        ("Received", f"{total:,}"),
        ("Waited on devices, by their last word", f"{facts.waiting:,}"),
        ("Refused here, kept there", f"{aside:,}"),
    ]
    cells = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td class="n">{said}</td></tr>'
        for name, said in rows
    )
    return f'<table class="wb-fields">{cells}</table>{_kinds(facts.kinds)}'


def _kinds(kinds: Sequence[KindCount]) -> str:
    if not kinds:
        return _NO_RECORD
    rows = "".join(
        f'<li><span class="name">{escape(each.kind)}</span>'
        f'<span class="side">{each.records:,}</span><p class="facts">'
        f"<span>of {count(each.devices, 'device')}</span>"
        f"<span>{size(each.size_bytes)}</span>"
        f"<span>the last {when(each.last_s)}</span></p></li>"
        for each in kinds
    )
    return f'<h3>By kind</h3><ul class="wb-rows">{rows}</ul>'
