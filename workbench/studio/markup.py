"""Pieces of HTML that viewers and tiles share: the style, marks of a state, sizes and times."""

from __future__ import annotations

import datetime as dt
import functools
import html
import math
import re
from pathlib import Path
from typing import Any

_SHEETS = Path(__file__).parent / "sheets"
_PILLS = {
    "passed": ("good", "✓ passed"),
    "succeeded": ("good", "✓ succeeded"),
    "holds": ("good", "✓ holds"),
    "failed": ("bad", "✗ failed"),
    "fails": ("bad", "✗ fails"),
    "running": ("mark", "▶ running"),
    "ready": ("good", "✓ ready"),
    "loading": ("mark", "▶ loading"),
    "draining": ("mark", "▶ draining"),
    "unloading": ("mark", "▶ unloading"),
    "pinned": ("plain", "◆ pinned"),
    "queued": ("plain", "· queued"),
    "begun": ("plain", "· in progress"),
    "cancelled": ("plain", "– cancelled"),
    "finished": ("good", "✓ finished"),
    "stopping": ("mark", "– stopping"),
    "stopped": ("plain", "– stopped"),
    "interrupted": ("bad", "✗ interrupted"),
}
# A command, an option, an argument as Python takes it: what is typed as it stands.
_TYPED = re.compile(
    r"(workbench|make|pip|apt|mkdir|git|chmod|rm|python|brew|export|GET|POST) "
    r"|--|[\w.]+\(|\w+ ?= ?\S"
)


_CODE = re.compile(r"(<code>)(.*?)(</code>)", re.DOTALL)
_OPTION = re.compile(r"(?<![\w-])--[\w-]+")


def whole_options(page: str) -> str:
    """HTML in which no line ends within an option of a command: ``--epsilon``, not ``--`` alone.

    A browser may break a line after any hyphen, and a style sheet cannot tell it not to.
    """
    return _CODE.sub(lambda code: f"{code[1]}{_OPTION.sub(_whole, code[2])}{code[3]}", page)


def _whole(option: re.Match[str]) -> str:
    return f'<span class="whole">{option[0]}</span>'


def escape(value: Any) -> str:
    """A value as text that HTML takes as it is."""
    return html.escape(str(value))


@functools.cache
def sheet(name: str) -> str:
    """A style sheet of this room, e.g. ``tokens``."""
    return (_SHEETS / f"{name}.css").read_text(encoding="utf-8")


def style(*names: str) -> str:
    """Style sheets as an element."""
    return "<style>" + "".join(sheet(name) for name in names) + "</style>"


def hint_html(hint: str | None) -> str:
    """What to try, as text; as code where it is something to type. Empty without a hint."""
    if not hint:
        return ""
    said = escape(hint)
    return f"Try: <code>{said}</code>" if _TYPED.match(hint) else f"Try: {said}"


def pill(state: str) -> str:
    """A state as a mark that is told by sign and word, with a colour besides."""
    kind, text = _PILLS.get(state, ("plain", escape(state)))
    return f'<span class="pill {kind}">{text}</span>'


def size(size_bytes: float | None) -> str:
    """A size as people read it."""
    if size_bytes is None:
        return "–"
    for unit in ("B", "kB", "MB"):
        if round(size_bytes) < 1000:
            return f"{size_bytes:.0f} {unit}"
        size_bytes /= 1000
    return f"{size_bytes:.1f} GB"


def duration(duration_s: float | None) -> str:
    """A time span as people read it."""
    if duration_s is None or not math.isfinite(duration_s):
        return "–"
    if duration_s < 90:
        return f"{duration_s:.1f} s" if duration_s < 10 else f"{duration_s:.0f} s"
    minutes = round(duration_s / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes / 60:.1f} h"


def when(time: str | float) -> str:
    """A time in this machine's zone as HTML; today's without the day.

    Absolute, because a page that says "3 minutes ago" must be drawn again all the time.
    """
    moment = _moment(time)
    return f'<time datetime="{moment.isoformat(timespec="seconds")}">{when_in_words(time)}</time>'


def when_in_words(time: str | float) -> str:
    """A time in this machine's zone: ``today 06:12``, ``7 Mar 2026, 06:12``."""
    moment = _moment(time)
    if moment.date() == dt.datetime.now().astimezone().date():
        return f"today {moment:%H:%M}"
    return f"{moment.day} {moment:%b %Y, %H:%M}"


def _moment(time: str | float) -> dt.datetime:
    if isinstance(time, str):
        return dt.datetime.fromisoformat(time).astimezone()
    return dt.datetime.fromtimestamp(time).astimezone()


def count(number: int, noun: str, plural: str = "") -> str:
    """``1 model``, ``1,200 models``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def number(value: Any) -> str:
    """A figure with the digits that count; everything else as its text."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "–"}[value]
    if isinstance(value, int):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            return "not a number" if math.isnan(value) else ("∞" if value > 0 else "-∞")
        return f"{value:,.0f}" if abs(value) >= 1e4 else f"{value:.4g}"
    return str(value)
