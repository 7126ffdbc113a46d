"""One table of a page as it is read: its cells by row and column, merged ones in each place."""

from __future__ import annotations

from collections.abc import Mapping

_MOST_ACROSS, _MOST_DOWN = 100, 1000
_LONGEST_CELL = 500  # characters: a table with longer ones lays out a page
_MOST_REPEATED = 1_000_000
"""Characters that merged cells add to a table: else 100 kB of a page could become gigabytes."""
_LAYOUT = {"table", "pre", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "form", "article"}


class HtmlTable:
    """The rows of a table. A cell that reaches over several rows or columns stands in each."""

    def __init__(self) -> None:
        self.rows: list[list[str]] = []
        self.is_plain = True
        self._heads: list[bool] = []  # of the first row: whether each cell is a head
        self._cell: list[str] | None = None
        self._spans = 1, 1
        self._open = False  # whether the last row goes on
        self._falling: dict[int, tuple[int, str]] = {}  # by column: for how many rows, and what
        self._repeated = 0  # characters, each cell with one more

    @property
    def is_headed(self) -> bool:
        """Whether its first row consists of heads."""
        return len(self._heads) > 1 and all(self._heads)

    @property
    def in_row(self) -> bool:
        """Whether a row has begun."""
        return bool(self.rows)

    def start(self, tag: str, attrs: Mapping[str, str | None]) -> None:
        """A tag within the table begins."""
        if tag == "tr":
            self._end_cell()
            self._end_row()
            self._begin_row()
        elif tag in ("td", "th"):
            self._end_cell()
            if not self._open:
                self._begin_row()
            if len(self.rows) == 1:
                self._heads.append(tag == "th")
            self._cell = []
            self._spans = _span(attrs, "colspan", _MOST_ACROSS), _span(attrs, "rowspan", _MOST_DOWN)
        elif tag in _LAYOUT:
            self.is_plain = False
        else:
            self.say(" ")

    def end(self, tag: str) -> None:
        """A tag within the table ends."""
        if tag in ("td", "th", "tr"):
            self._end_cell()
        if tag == "tr":
            self._end_row()

    def say(self, data: str) -> None:
        """Text within the table."""
        if self._cell is not None:
            self._cell.append(data)

    def finish(self) -> None:
        """The table ends."""
        self._end_cell()
        self._end_row()

    def _begin_row(self) -> None:
        self.rows.append([])
        self._open = True

    def _end_cell(self) -> None:
        if self._cell is None:
            return
        text, row = " ".join("".join(self._cell).split()), self.rows[-1]
        self._cell = None
        self.is_plain = self.is_plain and len(text) <= _LONGEST_CELL
        self._fall(row)
        across, down = self._spans
        for copies in range(across):
            if copies and not self._may_repeat(text):
                break
            if down > 1 and self.is_plain:
                self._falling[len(row)] = down, text
            row.append(text)

    def _end_row(self) -> None:
        """What stands in it from above is put in, once."""
        if not self._open:
            return
        self._open = False
        self._fall(self.rows[-1])
        left = {at: (count - 1, text) for at, (count, text) in self._falling.items()}
        self._falling = {at: each for at, each in left.items() if each[0] > 0}

    def _fall(self, row: list[str]) -> None:
        while len(row) in self._falling:
            text = self._falling[len(row)][1]
            if not self._may_repeat(text):
                return
            row.append(text)

    def _may_repeat(self, text: str) -> bool:
        """Whether a merged cell may stand once more; a table of too many is read as it is seen."""
        self._repeated += len(text) + 1
        if self._repeated > _MOST_REPEATED:
            self.is_plain = False
            self._falling.clear()
        return self.is_plain


def _span(attrs: Mapping[str, str | None], name: str, most: int) -> int:
    said = attrs.get(name) or ""
    return min(most, max(1, int(said))) if said.isascii() and said.isdigit() else 1
