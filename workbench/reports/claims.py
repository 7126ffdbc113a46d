"""Claims: the numbers a notebook stands for, each with the bounds that every run must meet."""

from __future__ import annotations

import contextlib
import html
import math
import os
import re
from dataclasses import dataclass
from typing import Any

from ..core.errors import ClaimError, ConflictError, InputError
from ..core.plain import to_plain
from . import display

# Set by the runner. There a name claimed twice is a fault; in a live session a cell is run again.
RUNNER_VARIABLE = "WORKBENCH_REPORT_RUN"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_claimed: dict[str, int | None] = {}

Scalar = float | int | str | bool | None


@dataclass(frozen=True)
class Claim:
    """One number and the bounds it has to lie in, ends included.

    ``value`` is None where the number was not finite; ``ok`` is then false and ``note`` says so.
    """

    name: str
    value: Scalar
    low: float | None
    high: float | None
    ok: bool
    equals: Scalar = None
    unit: str = ""
    note: str = ""

    @property
    def bounds(self) -> str:
        """The bounds in words: ``at least 0.9``."""
        return bounds_text(self.low, self.high, self.equals)

    @property
    def text(self) -> str:
        """The claim in one line, readable without colour."""
        mark = "✓ passed" if self.ok else "✗ failed"
        unit = f" {self.unit}" if self.unit else ""
        return (
            f"{mark}  {self.name} = {self.note or format_value(self.value)}{unit} ({self.bounds})"
        )

    def require(self) -> Claim:
        """Stop the notebook here if the claim failed: what follows would mean nothing.

        Raises:
            ClaimError: The value lies outside its bounds.
        """
        if not self.ok:
            raise ClaimError(
                f"claim {self.name!r} failed: {self.note or format_value(self.value)} is not "
                f"{self.bounds}",
                hint="look at what the cell computed, or at the bounds that the notebook states",
                claim=to_plain(self),
            )
        return self

    def _ipython_display_(self) -> None:
        """Nothing: the line is already there, and a cell's last value would repeat it."""


def claim(
    name: str,
    value: Any,
    *,
    low: float | None = None,
    high: float | None = None,
    equals: Scalar = None,
    unit: str = "",
) -> Claim:
    """State a number of this notebook and the bounds that each run must meet.

    The notebook goes on after a claim that fails, so that its reader sees the rest; the run
    fails at its end. ``claim(...).require()`` stops at once.

    Args:
        name: What the number is, once per notebook.
        value: A number, or for ``equals`` also a text or a truth value. NaN and the infinities
            fail whatever the bounds are.
        low: The least value that is right.
        high: The greatest value that is right.
        equals: The only value that is right.
        unit: The unit, e.g. ``"tokens/s"``.

    Returns:
        The claim, whose ``ok`` says how it went.

    Raises:
        InputError: There is no bound, or the bounds or the value make no sense.
        ConflictError: The notebook has already made a claim of that name.
    """
    _check_name(name)
    low, high = _plain_scalar(name, low), _plain_scalar(name, high)
    _check_bounds(name, low, high, equals)
    made = _judge(name, _plain_scalar(name, value), low, high, equals, unit)
    _remember(name)
    display.show(display.CLAIM_MIME, to_plain(made), html=_html(made), text=made.text)
    return made


def uses(name: str, sha256: str, *, version: str = "") -> None:
    """Record a data set or a model that this notebook rests on, by the hash of its bytes.

    Args:
        name: Its name in the catalogue, e.g. ``"smollm2-135m"``.
        sha256: 64 hexadecimal digits.
        version: Its version, where it has one.

    Raises:
        InputError: The hash is not one.
    """
    digest = sha256.removeprefix("sha256:").lower()
    if not _SHA256.fullmatch(digest):
        raise InputError(
            f"{sha256!r} is not a sha256 of input {name!r}; it must be 64 hexadecimal digits",
            hint="hashlib.sha256(path.read_bytes()).hexdigest()",
            input=name,
        )
    quiet = f"color:{display.QUIET_COLOUR}"
    version_text = f" {version}" if version else ""
    display.show(
        display.INPUT_MIME,
        {"name": name, "sha256": digest, "version": version},
        html=f"<div><span style='{quiet}'>input</span> {html.escape(name + version_text)} "
        f"<code style='{quiet}'>sha256 {digest[:12]}…</code></div>",
        text=f"input {name}{version_text} sha256 {digest[:12]}…",
    )


def bounds_text(low: Scalar, high: Scalar, equals: Scalar) -> str:
    """Bounds in words."""
    if equals is not None:
        return f"exactly {format_value(equals)}"
    if low is not None and high is not None:
        return f"{format_value(low)} to {format_value(high)}"
    if low is not None:
        return f"at least {format_value(low)}"
    return f"at most {format_value(high)}"


def format_value(value: Scalar) -> str:
    """A value as a reader wants it: four figures that count, whole numbers whole."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1e4 else f"{value:,.0f}"
    if isinstance(value, int):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    return "not a number" if value is None else str(value)


def _check_name(name: str) -> None:
    if not isinstance(name, str) or not name.strip():
        raise InputError("a claim needs a name", hint='claim("accuracy", 0.93, low=0.9)')
    if name not in _claimed:
        return
    # The same cell saying it twice is a fault everywhere; a later cell only in a report run,
    # because in a live session it is mostly the same cell, run again.
    if _claimed[name] == display.execution_count() or os.environ.get(RUNNER_VARIABLE):
        raise ConflictError(
            f"claim {name!r} is made twice in this notebook; each name may stand once",
            hint="give one of the two another name",
            claim=name,
        )


def _remember(name: str) -> None:
    if display.in_notebook():  # elsewhere there is no notebook in which it could stand twice
        _claimed[name] = display.execution_count()


def _check_bounds(name: str, low: Any, high: Any, equals: Any) -> None:
    if low is None and high is None and equals is None:
        raise InputError(
            f"claim {name!r} has no bound; give low=, high= or equals=",
            hint=f'claim("{name}", value, low=...)',
            claim=name,
        )
    if equals is not None and (low is not None or high is not None):
        raise InputError(f"claim {name!r} has equals= and low= or high=; one kind is allowed")
    for label, bound in (("low", low), ("high", high)):
        is_number = isinstance(bound, (int, float)) and not isinstance(bound, bool)
        if bound is not None and not (is_number and math.isfinite(bound)):
            raise InputError(f"claim {name!r} has {label}={bound!r}; it must be a finite number")
    if low is not None and high is not None and low > high:
        raise InputError(f"claim {name!r} has low={low!r} above high={high!r}: nothing can meet it")


def _plain_scalar(name: str, value: Any) -> Any:
    """The value as Python's own type: a numpy or torch scalar becomes a number."""
    if hasattr(value, "item"):
        # An array of several raises; each library has its own error for it.
        with contextlib.suppress(TypeError, ValueError, RuntimeError):
            value = value.item()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise InputError(
        f"claim {name!r} has a {type(value).__name__} as its value; it must be one number",
        hint="claim one number of it, e.g. its mean or its length",
        claim=name,
    )


def _judge(
    name: str, value: Any, low: float | None, high: float | None, equals: Scalar, unit: str
) -> Claim:
    note = ""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        note, ok, value = ("no value" if value is None else str(value)), False, None
    elif equals is not None:
        # True == 1 in Python; to a reader they are not the same claim.
        ok = isinstance(value, bool) == isinstance(equals, bool) and value == equals
    elif isinstance(value, (bool, str)):
        raise InputError(
            f"claim {name!r} has {value!r} as its value, and bounds for a number",
            hint=f'claim("{name}", {value!r}, equals={value!r})',
            claim=name,
        )
    else:
        ok = (low is None or value >= low) and (high is None or value <= high)
    return Claim(name, value, low, high, bool(ok), equals=equals, unit=unit, note=note)


def _html(made: Claim) -> str:
    colour = display.PASSED_COLOUR if made.ok else display.FAILED_COLOUR
    mark = "✓ passed" if made.ok else "✗ failed"
    value = html.escape(made.note or format_value(made.value))
    unit = f" {html.escape(made.unit)}" if made.unit else ""
    return (
        f"<div style='border-left:3px solid {colour};padding:2px 10px;margin:2px 0'>"
        f"<strong style='color:{colour}'>{mark}</strong>&ensp;{html.escape(made.name)} = "
        f"<strong>{value}</strong>{unit} "
        f"<span style='color:{display.QUIET_COLOUR}'>({html.escape(made.bounds)})</span></div>"
    )
