"""What a document may hold. Bytes enter here, so every field is checked and none is ignored."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from workbench.core.errors import InputError

# No reader of PDF or HTML shows these, XML forbids them, and half a surrogate pair is no character.
_NOT_SHOWN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def shown(text: str) -> str:
    """The text with U+FFFD for each character that cannot be shown."""
    return _NOT_SHOWN.sub("\ufffd", text.replace("\r\n", "\n"))


def _shown(given: Any) -> Any:
    return shown(given) if type(given) is str else given


Text = Annotated[str, BeforeValidator(_shown)]
Words = Annotated[str, Field(min_length=1), BeforeValidator(_shown)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Paragraph(_Strict):
    """Running text; a blank line parts two paragraphs."""

    kind: Literal["paragraph"] = "paragraph"
    text: Words


class Bullets(_Strict):
    """A list of short points."""

    kind: Literal["bullets"] = "bullets"
    items: Annotated[tuple[Words, ...], Field(min_length=1)]


class Note(_Strict):
    """What must not be overread: an assumption, a limit, a warning."""

    kind: Literal["note"] = "note"
    title: Words
    text: Words


class KeyFigure(_Strict):
    """One number with its name; ``detail`` says its interval or what it is compared with."""

    label: Words
    value: Words
    detail: Text = ""


class KeyFigures(_Strict):
    """The numbers to take away, side by side."""

    kind: Literal["key_figures"] = "key_figures"
    items: Annotated[tuple[KeyFigure, ...], Field(min_length=1, max_length=12)]


class Column(_Strict):
    """A column of a table; numbers stand right."""

    title: Words
    align: Literal["left", "right"] = "left"


class Table(_Strict):
    """Rows of words; it goes on over pages with its head repeated."""

    kind: Literal["table"] = "table"
    caption: Words
    columns: Annotated[tuple[Column, ...], Field(min_length=1, max_length=12)]
    rows: tuple[tuple[Text, ...], ...]

    @model_validator(mode="after")
    def _same_widths(self) -> Table:
        for number, row in enumerate(self.rows):
            if len(row) != len(self.columns):
                raise ValueError(f"row {number} has {len(row)} cells, not {len(self.columns)}")
        return self


class Chart(_Strict):
    """A picture of numbers.

    ``spec`` is Vega-Lite with its rows inside, ``alternative`` says in words what it shows; two
    charts of half the width that follow each other stand side by side.
    """

    kind: Literal["chart"] = "chart"
    caption: Words
    alternative: Words
    spec: dict[str, Any]
    width: Literal["full", "half"] = "full"


Block = Annotated[
    Paragraph | Bullets | Note | KeyFigures | Table | Chart, Field(discriminator="kind")
]


class Section(_Strict):
    """A heading and what stands under it."""

    title: Words
    blocks: tuple[Block, ...] = ()
    sections: tuple[Section, ...] = ()
    new_page: bool = False


class Document(_Strict):
    """A title, a first page for who has a minute, and sections for who has more.

    ``date`` is also what the file says of its making, so that one document gives one file.
    """

    title: Words
    subtitle: Text = ""
    author: Text = ""
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}$")] = "en"
    date: dt.date
    summary: tuple[Block, ...] = ()
    sections: tuple[Section, ...] = ()

    @model_validator(mode="after")
    def _says_something(self) -> Document:
        if not self.summary and not self.sections:
            raise ValueError("a document has a summary or sections; this one has neither")
        return self

    def charts(self) -> Iterator[Chart]:
        """Every chart in the order of the pages."""
        yield from (block for block in self.blocks() if isinstance(block, Chart))

    def blocks(self) -> Iterator[Block]:
        """Every block in the order of the pages."""
        yield from self.summary
        yield from _blocks_of(self.sections)


def _blocks_of(sections: tuple[Section, ...]) -> Iterator[Block]:
    for section in sections:
        yield from section.blocks
        yield from _blocks_of(section.sections)


def read_document(given: Mapping[str, Any]) -> Document:
    """A document from plain data.

    Raises:
        InputError: A part is missing, unknown or ill-typed; the message says which, by its path.
    """
    try:
        return Document.model_validate(given)
    except ValidationError as error:
        first, more = error.errors()[0], error.error_count() - 1
        place = ".".join(str(part) for part in first["loc"]) or "the document"
        others = f" (and {more} more)" if more else ""
        raise InputError(
            f"the document cannot be drawn: {place}: {first['msg']}{others}",
            hint="its blocks are " + ", ".join(sorted(_KINDS)),
            place=place,
        ) from None


_KINDS = ("paragraph", "bullets", "note", "key_figures", "table", "chart")
