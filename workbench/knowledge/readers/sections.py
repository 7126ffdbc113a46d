"""The headings that a block stands under, as one line."""

from __future__ import annotations


class Sections:
    """Headings by level, the outermost first."""

    def __init__(self) -> None:
        self._open: list[tuple[int, str]] = []

    def enter(self, level: int, title: str) -> str:
        """Begin a section; returns the path to it."""
        while self._open and self._open[-1][0] >= level:
            self._open.pop()
        self._open.append((level, " ".join(title.split())))
        return self.path

    @property
    def path(self) -> str:
        """``A > B``; empty before the first heading."""
        return " > ".join(title for _, title in self._open)
