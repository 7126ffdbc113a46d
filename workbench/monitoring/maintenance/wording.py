"""How a figure of the system is said, with its unit."""

from __future__ import annotations


def size_words(value: float, unit: str) -> str:
    """A figure with its unit: bytes in GB, shares in percent."""
    if unit == "share":
        return f"{value:.0%}"
    return f"{value / 1e9:,.4g} GB" if unit == "bytes" else f"{value:,.4g} {unit}".rstrip()
