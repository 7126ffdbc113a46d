"""Texts are named by what they say, and those to measure on are never those to calibrate with."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.core.errors import IntegrityError, NotFoundError
from workbench.edge.compression import texts
from workbench.edge.compression.texts import Texts, order_leads, read_calibration, read_measured


def test_a_digest_tells_texts_apart_that_join_to_the_same() -> None:
    assert Texts("a", ("ab", "c")).sha256 == Texts("b", ("ab", "c")).sha256
    assert Texts("a", ("ab", "c")).sha256 != Texts("a", ("a", "bc")).sha256


def test_the_frozen_passages_are_four_or_twelve() -> None:
    assert len(read_measured().texts) == 4
    assert len(read_measured(full=True).texts) == 12


def test_a_file_is_read_by_paragraphs(texts: Path) -> None:
    found = read_measured(str(texts))
    assert (found.name, len(found.texts)) == ("texts.txt", 3)
    with pytest.raises(NotFoundError, match="there is no file"):
        read_calibration(str(texts) + "x")


def test_the_order_of_titles_is_the_same_whatever_order_they_come_in() -> None:
    titles = [f"title {n}" for n in range(50)]
    order = [titles[place] for place in order_leads(titles)]
    turned = titles[::-1]
    assert [turned[place] for place in order_leads(turned)] == order != titles


@pytest.mark.model
@pytest.mark.usefixtures("shared_home")
def test_the_leads_that_are_measured_on_are_frozen_and_not_those_to_calibrate_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    measured, weighed = read_measured(texts.LEADS), read_calibration(texts.LEADS)
    assert (len(measured.texts), len(weighed.texts)) == (100, texts.CALIBRATION_TEXTS)
    assert not set(measured.texts) & set(weighed.texts)
    monkeypatch.setattr(texts, "LEADS_SHA256", "0" * 64)
    with pytest.raises(IntegrityError, match="the hundred leads have sha256"):
        read_measured(texts.LEADS)
