"""The 1,000 made documents of the development set: what is reached on them is kept.

They have been read and tuned on since 26 Nov 2026, so they say that nothing was lost, and no more;
docs/lab-log.md has the figures. A tenth of each shape is asked here, all by the command in
``measure``.
"""

from __future__ import annotations

import pytest

from workbench.privacy.anonymisation.recognisers import NAMES
from workbench.privacy.anonymisation.scoring import Recall, score
from workbench.privacy.anonymisation.texts import detect

from .measure import DEVELOPMENT, Row, labels_of, read_rows

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("loaded")]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return read_rows(DEVELOPMENT)[::9]


def measured(rows: list[Row], recognisers: tuple[str, ...] = NAMES) -> Recall:
    texts = [row["text"] for row in rows]
    found = detect(texts, recognisers=recognisers)
    return score(texts, found, [labels_of(row) for row in rows])


def holds(found: Recall) -> bool:
    return (
        found.masked_recall >= 0.96
        and found.recall_of("PERSON") >= 0.96
        and found.recall_of("LOCATION") >= 0.90
        and found.recall_of("ID_NUMBER") >= 0.96
        and found.false_share <= 0.06
    )


def test_what_is_reached_is_kept_and_recognisers_that_are_off_are_seen(rows: list[Row]) -> None:
    assert holds(measured(rows)), measured(rows)
    few = rows[::3]
    for off in ("names", "addresses", "stated_ids"):
        rest = tuple(name for name in NAMES if name != off)
        assert not holds(measured(few, rest)), off
