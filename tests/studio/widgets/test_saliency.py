"""Token saliency: what is shown, without a script and as a picture."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from workbench.core.errors import InputError
from workbench.core.viewers import mime_bundle
from workbench.interpretability.attribution.result import Attribution
from workbench.reports.clean import clean_html
from workbench.studio import saliency
from workbench.studio.widgets.saliency import WHOLE

from .conftest import make

OUTSIDE = re.compile(r"https?://(?!www\.w3\.org/2000/svg)|@import|url\(|<script|src=")


def test_scores_are_those_of_the_attribution(attribution: Attribution) -> None:
    shown = saliency(attribution)
    assert shown.scores.shape == (4, 9)  # the pieces of a character are together, on both sides
    assert np.isclose(shown.scores.sum(), attribution.scores.sum())
    assert np.allclose(shown.of(WHOLE)[:7], attribution.scores.sum(axis=0)[:7])
    assert np.isclose(shown.of(2)[7], attribution.scores[2:4, 7:9].sum())
    assert shown.parts[7].ids == (107, 108)
    assert shown.limit(0) == shown.limit(3) == np.abs(shown.scores).max()  # one scale for all
    for wrong in (-2, 4):
        with pytest.raises(InputError, match="there is no target"):
            shown.of(wrong)


def test_an_attribution_is_drawn_by_the_registry(attribution: Attribution) -> None:
    bundle = mime_bundle(attribution)
    assert set(bundle) == {"text/html", "text/plain"}  # no kernel here: nothing alive
    assert "Integrated gradients: made" in bundle["text/html"]
    assert "strongest for the whole answer" in bundle["text/plain"]


def test_every_number_stands_as_text_and_nothing_is_loaded(attribution: Attribution) -> None:
    shown = saliency(attribution)
    html = shown.html()
    for value in shown.of(WHOLE):
        assert f"<small>{'+' if value > 0 else '−'}{abs(value):.2f}</small>" in html
    assert html.count('class="chip') == 9 + 4 * 9
    assert "&lt;b&gt;" in html and "<b>" not in html.replace("<b>Note", "")
    assert OUTSIDE.search(html) is None
    assert OUTSIDE.search(html + '<img src="http://192.0.2.1/x.png">')
    assert "completeness gap 1.2% (0.14 nats)" in html


def test_a_report_keeps_all_of_it(attribution: Attribution) -> None:
    html = saliency(attribution).html()
    kept, is_visible = clean_html(html)
    assert is_visible
    assert kept.count("<small>") == html.count("<small>")
    assert "--a:" in kept and "<svg" in kept


def test_a_long_answer_is_told_by_its_strongest_parts() -> None:
    tokens = tuple(f" w{i}" for i in range(512))
    shown = saliency(make(tokens, tuple(f" t{i}" for i in range(64))))
    html = shown.html()
    assert html.count('class="chip') == 512
    assert html.count("<tr>") == 65
    assert "64 x 512 scores is too large" in html
    assert len(html) < 200_000  # a notebook may hold 500 kB
    j = shown.strongest(5)[0]
    assert abs(shown.of(5)[j]) == np.abs(shown.of(5)).max()
    assert f"<code>·w{j}</code>" in html


def test_what_is_wrong_with_scores_is_said() -> None:
    scores = np.zeros((1, 2))
    scores[0, 1] = np.nan
    shown = saliency(make(("a", "b"), ("c",), scores=scores))
    assert "1 of 2 scores are not numbers" in shown.html()
    assert "n/a" in shown.html()
    ET.fromstring(shown.svg())
    assert "miss 43%" in saliency(make(completeness_gap=0.43)).warning
    assert saliency(make(completeness_gap=None, baseline_value=None)).warning == ""


def test_what_cannot_be_shown_is_refused_and_still_drawn_plainly() -> None:
    with pytest.raises(InputError, match="no tokens"):
        saliency(make((), ("c",)))
    many = make(tuple("a" * 5000), ("c",))
    with pytest.raises(InputError, match="too many to show"):
        saliency(many)
    drawn = mime_bundle(many)["text/html"]
    assert "too many to show" in drawn
    assert "integrated_gradients" in drawn


def test_pictures_are_files_that_others_read(attribution: Attribution, tmp_path: Path) -> None:
    from PIL import Image

    shown = saliency(attribution)
    root = ET.fromstring(shown.save(tmp_path / "a.svg", target=1).read_text("utf-8"))
    said = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    decimals = [f"{'+' if v > 0 else '−'}{abs(v):.2f}" for v in shown.of(1)]
    assert set(decimals) <= set(said)
    picture = Image.open(shown.save(tmp_path / "a.png"))
    assert picture.size[0] == 1520
    assert len(picture.convert("RGB").getcolors(1 << 20) or []) > 20
    for name, why in (("a.pdf", "no .svg"), ("none/a.svg", "no folder")):
        with pytest.raises(InputError, match=why):
            shown.save(tmp_path / name)


def test_the_picture_follows_a_dark_theme(attribution: Attribution) -> None:
    svg = saliency(attribution).to_svg()
    rules = re.search(r"@media\(prefers-color-scheme:dark\)\{(.*?)\}</style>", svg)
    assert rules is not None
    used = set(re.findall(r'(?:fill|stroke)="(#\w+)"', svg.partition("</style>")[2]))
    assert used == set(re.findall(r'="(#\w+)"', rules[1]))  # every colour has its dark twin


def test_what_was_held_has_no_number() -> None:
    scores = np.array([[0.0, 0.0, 1.0]])
    made = make(("a", "b", "c"), ("whole text",), scores=scores, held=(True, False, False),
                target_ids=(4, 5, 6))  # fmt: skip
    shown = saliency(made)
    assert shown.held == (0,)
    assert shown.targets[0].ids == (4, 5, 6)  # a target that was scored as a whole is one part
    assert shown.html().count("<small>held</small>") == 1
    assert "<small>0.00</small>" in shown.html()
    assert shown.svg().count(">held<") == 1
    assert shown.payload()["held"] == [0]
