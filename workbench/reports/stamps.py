"""The stamp at the head of a notebook: what its figures were made with."""

from __future__ import annotations

import datetime as dt
import html
import importlib.util
import sys
from dataclasses import dataclass
from typing import Any

from ..core import settings
from ..core.errors import InputError
from ..core.plain import to_plain
from . import display, machine
from .seeding import seed_now_and_later


@dataclass(frozen=True)
class Stamp:
    """Versions, commit, machine, seed and time of one run of a notebook."""

    versions: dict[str, str]
    commit: dict[str, Any]
    machine: dict[str, Any]
    seed: int
    time: str

    def _ipython_display_(self) -> None:
        """Nothing: the table is already there, and a cell's last value would repeat it."""


def stamp(*, seed: int | None = None, packages: tuple[str, ...] = ()) -> Stamp:
    """Show what this notebook runs with, and seed every random generator.

    The seed also reaches numpy, torch and mlx where they are imported later. The main packages
    that are installed are shown whether or not they are loaded yet, because the stamp stands
    before the imports; the run's record keeps those that were in fact loaded.

    Args:
        seed: The seed; None takes the setting ``seed``.
        packages: Show these packages (import names) instead of the main ones.

    Raises:
        InputError: The seed is not a whole number of at least 0.
    """
    chosen = settings.get("seed") if seed is None else seed
    if isinstance(chosen, bool) or not isinstance(chosen, int) or chosen < 0:
        raise InputError(
            f"seed is {chosen!r}; it must be a whole number of at least 0", hint="stamp(seed=0)"
        )
    seed_now_and_later(chosen)
    made = Stamp(
        versions=machine.versions(packages or _installed()),
        commit=machine.commit(),
        machine=machine.machine(),
        seed=chosen,
        time=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    )
    rows = stamp_rows(to_plain(made))
    display.show(display.STAMP_MIME, to_plain(made), html=_html(rows), text=_text(rows))
    return made


def without_commit(data: dict[str, Any]) -> dict[str, Any]:
    """A stamp's output for a notebook that is committed as executed.

    It is committed together with what made it, so the commit that it stood at says something that
    is wrong as soon as it is read: "with changes that are not committed".

    Args:
        data: The output by MIME type, as ``stamp`` shows it.
    """
    plain = {**data[display.STAMP_MIME], "commit": {"holds_this_file": True}}
    rows = stamp_rows(plain)
    shown = {display.STAMP_MIME: plain, "text/html": _html(rows), "text/plain": _text(rows)}
    return {**data, **shown}


def stamp_rows(stamp: dict[str, Any]) -> list[tuple[str, str]]:
    """A stamp's plain form as lines to read."""
    commit, box = stamp.get("commit") or {}, stamp.get("machine") or {}
    sha = commit.get("sha")
    changed = " with changes that are not committed" if commit.get("dirty") else ""
    other = "the one that holds this file" if commit.get("holds_this_file") else None
    memory_gb = (box.get("memory_bytes") or 0) / 2**30
    return [
        ("versions", machine.versions_text(stamp.get("versions") or {})),
        ("commit", f"{sha[:12]}{changed}" if sha else other or "outside a repository"),
        (
            "machine",
            f"{box.get('cpu')}, {box.get('cores')} cores, {memory_gb:.0f} GB, {box.get('os')}",
        ),
        ("seed", str(stamp.get("seed"))),
        ("time", str(stamp.get("time", "")).replace("T", " ").replace("+00:00", " UTC")),
    ]


def _installed() -> list[str]:
    """The main packages that this environment has, found without importing them."""
    return [
        name
        for name in machine.MAIN_PACKAGES
        if name in sys.modules or importlib.util.find_spec(name) is not None
    ]


def _html(rows: list[tuple[str, str]]) -> str:
    cells = "".join(
        f"<tr><th style='text-align:left;font-weight:normal;color:{display.QUIET_COLOUR};"
        f"vertical-align:top'>{html.escape(name)}</th>"
        f"<td style='text-align:left'>{html.escape(value)}</td></tr>"
        for name, value in rows
    )
    return f"<table style='font-size:0.85em'>{cells}</table>"


def _text(rows: list[tuple[str, str]]) -> str:
    return "\n".join(f"{name:<9} {value}" for name, value in rows)
