"""What looking for examples gives."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.core.viewers import Viewable


@dataclass(frozen=True)
class Example:
    """A training row. ``score`` is its cosine to the query (embedding space) or its influence on
    the query's label, in nats of its loss (gradient space); ``label`` is as the table says."""

    row: int
    text: str
    label: str | None
    score: float


@dataclass(frozen=True)
class NearestExamples(Viewable):
    """The training examples behind one text.

    ``label`` is what the linear classifier gives the query, with its ``probability``; None in
    embedding space without labels. ``opposing`` speak against that label, and are empty in
    embedding space, where nothing does. ``rows`` were looked at; ``excluded`` says what was not.
    """

    query: str
    dataset: str
    space: str
    model: str
    rows: int
    nearest: tuple[Example, ...]
    opposing: tuple[Example, ...]
    label: str | None
    probability: float | None
    excluded: tuple[str, ...]
    seed: int


@dataclass(frozen=True)
class Suspect:
    """A row whose label the other rows contradict.

    ``predicted`` is the label that a classifier trained without the row gives it, ``probability``
    what that one gives the label of the table. ``agreeing`` is the part of the nearest neighbours
    that have the table's label.
    """

    row: int
    text: str
    label: str
    predicted: str
    probability: float
    self_influence: float
    agreeing: float


@dataclass(frozen=True)
class Suspects(Viewable):
    """The rows of a labelled table that look mislabelled, the most suspicious first."""

    dataset: str
    model: str
    rows: int
    labels: tuple[str, ...]
    suspects: tuple[Suspect, ...]
    excluded: tuple[str, ...]
    seed: int
