"""A table of forms, its picture, and what it recommends for a device."""

from __future__ import annotations

import importlib
import itertools
import math
import random
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import pytest

from workbench import edge
from workbench.core.errors import CapabilityError, NotFoundError
from workbench.edge.compression.pareto import draw, mark_frontier
from workbench.edge.compression.profiles import PROFILES, choose
from workbench.edge.compression.results import FormsComparison, Measured


def row(target: str, size_mb: float, perplexity: float, rate: float | None) -> Measured:
    size = int(size_mb * 1e6)
    return Measured(
        target, "llamacpp", size, size + 50_000_000, perplexity, 1.0, 1000, rate,
        perplexity_ratio=perplexity / 20,
    )  # fmt: skip


ROWS = (
    row("as it came", 270, 20.0, 80.0),
    row("gguf:q8_0", 145, 20.1, 100.0),
    row("gguf:q4_k_m", 105, 20.5, 120.0),
    row("gguf:q4_0", 92, 24.0, 150.0),
    row("onnx:int4", 86, 21.5, 140.0),
    row("mlx:4", 80, 20.9, 125.0),
    row("gguf:q4_1", 98, 21.6, 110.0),
    row("page:bytes", 138, 20.2, 20.0),
    row("page:int4", 86, 26.0, 3.0),
    row("page:shipped", 107, 20.0, 2.5),
)
REPO = Path(__file__).parents[3]
with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(str(REPO / "bench"))
    # The benchmark's own judgement of a table, by trying all rows.
    edge_runtimes = importlib.import_module("edge_runtimes")


FOUND = FormsComparison("some", ROWS, "texts", "0" * 64, "machine")


def test_the_frontier_is_what_nothing_beats() -> None:
    marked = {each.target for each in mark_frontier(ROWS) if each.frontier}
    beaten = {each.target for each in ROWS if each.target.startswith("page:")} | {"gguf:q4_1"}
    assert marked == {each.target for each in ROWS} - beaten
    same = mark_frontier([ROWS[1], ROWS[1], row("slower", 1, 20.1, 99.0)])
    assert [each.frontier for each in same] == [True, True, False]
    assert not mark_frontier([row("untimed", 1, 1.0, None)])[0].frontier


def test_a_form_that_says_nothing_sound_is_on_no_frontier_and_in_no_picture() -> None:
    broken = row("gguf:iq4_xs", 40, math.nan, 900.0)
    rows = mark_frontier([*ROWS, broken])
    assert not rows[-1].frontier
    assert draw(rows, title="t").count("<circle") == len(ROWS)
    assert choose(replace(FOUND, rows=rows), PROFILES["phone"]).target == "gguf:q4_k_m"


def test_a_model_as_it_came_runs_where_its_own_form_runs() -> None:
    """Weights as torch reads them are no GGUF, whatever else they are."""
    came = replace(ROWS[0], engine="transformers", tokens_per_s=900.0)
    rows = (came, *ROWS[1:])
    found = choose(replace(FOUND, rows=rows), PROFILES["laptop"])
    assert found.target == "gguf:q8_0"
    assert found.passed_over["as it came"].startswith("is a form of transformers")


@pytest.mark.parametrize(
    ("profile", "target"),
    [
        ("phone", "gguf:q4_k_m"),  # mlx does not run there, int4 loses 7.5%
        ("pi", "gguf:q4_k_m"),
        ("laptop", "gguf:q8_0"),  # at most 1%
        ("browser", "page:bytes"),  # no other form is run by a page at that speed
    ],
)
def test_each_profile_gets_the_best_of_what_it_allows(profile: str, target: str) -> None:
    found = choose(FOUND, PROFILES[profile])
    assert (found.target, found.ok) == (target, True)
    assert set(found.passed_over) == {each.target for each in ROWS} - {target}
    assert target == edge_runtimes.choose_best(ROWS, PROFILES[profile])


def test_a_recommender_that_is_broken_is_seen() -> None:
    """Each of those that the benchmark names, by at least one profile, over the made rows."""
    assert edge_runtimes.find_unseen(ROWS, tuple(PROFILES.values())) == []
    alone = [PROFILES["laptop"]]
    assert edge_runtimes.find_unseen(ROWS[:1], alone) == [e.__name__ for e in edge_runtimes.BROKEN]


def test_what_is_recommended_is_best_over_drawn_tables() -> None:
    """200 tables of random figures, by trying all rows."""
    chance = random.Random(20261128)
    forms = [each.target for each in ROWS[1:]]
    for _ in range(200):
        rows = (
            row("as it came", 270, 20.0, chance.uniform(1, 99)),
            *(row(f, chance.uniform(50, 400), chance.uniform(19.5, 23), chance.uniform(1, 99))
              for f in chance.sample(forms, chance.randint(1, len(forms)))),
        )  # fmt: skip
        for profile in PROFILES.values():
            if edge_runtimes.allowed(rows, profile):
                found = choose(replace(FOUND, rows=rows), profile)
                assert (found.target, found.ok) == (edge_runtimes.choose_best(rows, profile), True)


def test_a_page_is_recommended_no_form_that_it_does_not_run() -> None:
    rows = tuple(each for each in ROWS if not each.target.startswith("page:"))
    with pytest.raises(CapabilityError, match=r"gguf:q4_0 is a form of gguf, and a page") as caught:
        choose(replace(FOUND, rows=rows), PROFILES["browser"])
    assert caught.value.hint == "workbench edge compare --model some --to page:bytes"


def test_where_all_lose_too_much_the_least_lossy_is_named_and_said_so() -> None:
    bad = replace(FOUND, rows=tuple(r for r in ROWS if r.perplexity_ratio > 1.05))
    found = choose(bad, PROFILES["laptop"])
    assert (found.target, found.ok) == ("onnx:int4", False)
    assert "none loses as little as +1.0%" in found.reason


def test_what_fits_nothing_is_refused_with_the_reasons() -> None:
    small = replace(PROFILES["phone"], memory_bytes=100_000_000)
    with pytest.raises(CapabilityError, match="195 MB of memory, and 100 MB are allowed"):
        choose(FOUND, small)


def test_the_picture_has_a_disc_and_a_name_a_form() -> None:
    picture = ElementTree.fromstring(draw(mark_frontier(ROWS), title="a < b"))
    space = "{http://www.w3.org/2000/svg}"
    assert len(picture.findall(f"{space}circle")) == len(ROWS)
    words = " ".join(each.text or "" for each in picture.findall(f"{space}text"))
    assert all(each.target in words for each in ROWS)
    assert "a < b" in words
    places = [
        (float(e.get("cx", "")), float(e.get("cy", ""))) for e in picture.iter(f"{space}circle")
    ]
    fastest = max(range(len(ROWS)), key=lambda n: ROWS[n].tokens_per_s or 0)
    best = min(range(len(ROWS)), key=lambda n: ROWS[n].perplexity)
    assert places[fastest][0] == max(x for x, _ in places)
    assert places[best][1] == min(y for _, y in places)


def test_forms_are_measured_beside_each_other_and_kept_for_the_recommendation(
    tiny_gguf: Path, texts: Path, tmp_path: Path
) -> None:
    with pytest.raises(NotFoundError, match="no forms of"):
        edge.recommend("pi", model=str(tiny_gguf))
    found = edge.compare(
        model=str(tiny_gguf),
        to=["gguf:q8_0", "gguf:q4_0"],
        texts=str(texts),
        rounds=1,
        picture=tmp_path / "p.svg",
    )
    assert [each.target for each in found.rows] == ["as it came", "gguf:q8_0", "gguf:q4_0"]
    assert found.base.perplexity_ratio == 1
    assert found.rows[0].size_bytes > found.rows[1].size_bytes > found.rows[2].size_bytes
    assert (tmp_path / "p.svg").read_text().startswith("<svg")
    assert edge.recommend("pi", model=str(tiny_gguf)).target in {r.target for r in found.rows}
    with pytest.raises(NotFoundError, match="phone"):
        edge.recommend("phnoe", model=str(tiny_gguf))


def test_names_of_forms_that_are_near_each_other_do_not_run_into_each_other() -> None:
    near = [row(f"gguf:form{n}", 100 + n, 20 + n / 500, 60 + n / 300) for n in range(6)]
    rows = mark_frontier([*near, row("gguf:q4_0", 90, 25.0, 90.0)])
    picture = ElementTree.fromstring(draw(rows, title="t"))
    space = "{http://www.w3.org/2000/svg}"
    named = [each for each in picture.iter(f"{space}text") if "gguf:form" in (each.text or "")]
    heights = sorted(float(each.get("y", "")) for each in named)
    assert len(heights) == 6
    assert min(b - a for a, b in itertools.pairwise(heights)) >= 12
    assert "#ffffff" not in draw(rows, title="t"), "it stands on a dark page, too"
