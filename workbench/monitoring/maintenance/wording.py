"""How a figure of the system is said, with its unit, and how far could be judged at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .result import MaintenanceReport


def size_words(value: float, unit: str) -> str:
    """A figure with its unit: bytes in GB, shares in percent."""
    if unit == "share":
        return f"{value:.0%}"
    return f"{value / 1e9:,.4g} GB" if unit == "bytes" else f"{value:,.4g} {unit}".rstrip()


def span_words(days: float) -> str:
    """So many days, in hours where there are fewer than two."""
    hours = round(days * 24)
    if hours % 24 and days < 2:
        return f"{hours} hour{'s' * (hours != 1)}"
    return f"{days:.3g} day{'s' * (round(days, 3) != 1)}"


def verdict_words(report: MaintenanceReport) -> str:
    """What holds where nothing is suggested, no further than it could be judged."""
    short = report.short
    if not short:
        return f"nothing to do: no limit is near within {report.horizon_days} days"
    if len(short) == len(report.outlooks):
        return f"nothing to do within the next {span_words(min(short.values()))}"
    return f"nothing to do, as far as {report.horizon_days} days could be judged"


def judged_words(report: MaintenanceReport) -> str:
    """Which series could be judged less far than was asked, and how far; empty if none."""
    if not report.short:
        return ""
    told = ", ".join(
        f"of {name} only the next {span_words(days)}" for name, days in report.short.items()
    )
    return (
        f"not all of {report.horizon_days} days could be judged: {told}; so short a past tells "
        "nothing of what comes after"
    )
