"""The privacy page over a real store: empty, with budgets and a ledger, and with a broken one."""

from __future__ import annotations

import dataclasses
import re
import sqlite3
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench import privacy
from workbench.core import operations, settings
from workbench.core.errors import InputError, IntegrityError
from workbench.core.viewers import mime_bundle
from workbench.privacy.auditing.accuracy_curve import (
    KEY,
    NAMESPACE,
    AccuracyCurve,
    EpsilonPoint,
    accuracy_interval,
    keep_curve,
    kept_curve,
)
from workbench.privacy.dp.budget import Budgets
from workbench.privacy.dp.mechanisms import GaussianSteps, PureSteps
from workbench.privacy.dp.naming import find_sha256, known_names
from workbench.privacy.ledger.checkpoints import make_checkpoint
from workbench.store.ledger import Ledger
from workbench.store.records import Records
from workbench.studio import privacy_facts, tile_privacy
from workbench.studio.privacy_page import PrivacyPage
from workbench.studio.privacy_panels import draw_last

DIGITS = "0232a94d070511d483926263e269e7d31d41722f2e94093269c0344d414834d5"
PERSON = "ann.smith@example.org"


def made_curve(**changes: Any) -> AccuracyCurve:
    """A made curve, with figures that can be told apart."""
    points = tuple(
        EpsilonPoint(epsilon, (a - 0.01, a, a + 0.01), a, a - 0.02, a + 0.015, noise, 0.5, 30, most)
        for epsilon, a, noise, most in (
            (0.5, 0.81, 17.0, 0.06), (2.0, 0.93, 5.6, 0.19), (8.0, 0.97, 2.3, 0.59),
        )
    )  # fmt: skip
    made = AccuracyCurve("digits", DIGITS, 1e-5, points, 0.98, 1347, 450, 0, 1.76e9, 30.0)
    return dataclasses.replace(made, **changes)


def done_things() -> None:
    """A budget with two uses, one of them open, and an entry that concerns a person."""
    budgets = Budgets()
    budgets.set(DIGITS, epsilon=2.0, delta=1e-5)
    budgets.end(budgets.spend(DIGITS, PureSteps(0.5), purpose="count of label"))
    budgets.spend(DIGITS, PureSteps(1.0), purpose="mean of <label>")
    privacy.record("access", "patients-of-ann.csv", person=PERSON, personal={"why": "asked"})


def test_an_empty_home_says_what_to_do_and_stays_empty() -> None:
    html = PrivacyPage().html()
    assert "No data set has a budget" in html and "budget set digits" in html
    assert "Nothing was measured in this home yet" in html and "about half a minute" in html
    assert "It spends no budget" in html
    assert "The ledger is empty" in html
    assert 'class="wb-trouble"' not in html and '<figure class="wb-curves"' not in html
    assert not (settings.home() / "store.sqlite").exists()  # to look is not to make
    tile_privacy._facts.look()
    assert "No privacy budget" in tile_privacy.draw_privacy()


def test_a_budget_that_is_spent_is_said_on_home() -> None:
    done_things()
    tile_privacy._facts.look()
    assert "1 privacy budget: digits has 0.5 of epsilon 2 left" in tile_privacy.draw_privacy()
    Budgets().spend(DIGITS, PureSteps(0.495), purpose="the rest")
    tile_privacy._facts.look()
    assert "digits ✗ is exhausted" in tile_privacy.draw_privacy()
    assert "✗ exhausted" in PrivacyPage().html()


def test_budgets_spends_and_entries_without_anything_personal() -> None:
    done_things()
    page = PrivacyPage()
    html = page.html()
    state = Budgets().show(DIGITS)
    assert state.left is not None and f"{state.left:.4g} left" in html
    assert f"{state.spent:.4g} spent in 2 uses of epsilon 2" in html
    assert re.search(rf'style="width:{50 * state.spent:.1f}%"', html)
    assert '<span class="name">digits</span>' in html
    assert "1 use without an end" in html and "mean of &lt;label&gt;" in html
    assert ">access<" in html and ">budget set<" in html
    for personal in (PERSON, "ann", "patients-of", "asked"):
        assert personal not in html
    assert "patients-of" in privacy_facts.PrivacyState().name_of("patients-of")  # it could be seen


def test_what_was_done_many_times_in_a_row_is_one_line() -> None:
    for kind in ("decryption", "decryption", "decryption", "key", "decryption"):
        privacy.record(kind, "plan")
    page = PrivacyPage()
    page.look()
    html = draw_last(page.facts.now)
    assert re.findall(r'<span class="side">([^<]*)', html) == [
        "entry 5",
        "entry 4",
        "entries 1 to 3",
    ]
    assert "decryption, 3 times" in html and html.count("<li>") == 3
    assert html.count("<time") in (3, 4)  # of the three one time, if within a minute


def test_what_is_no_data_set_is_told_by_its_kind_alone() -> None:
    for kind, subject in (
        ("anonymisation", "file 0a1b2c"),
        ("key", "encryption key 0a1b2c"),
        ("release", "ledger"),
        ("access", "secure relu"),
        ("training", "ann's letters"),
        ("release", "feedback, ann.jsonl"),
    ):
        privacy.record(kind, subject)
    page = PrivacyPage()
    page.look()
    html = draw_last(page.facts.now)
    for said in (
        "a file",
        "of an encrypted model",
        "the ledger",
        "a secure computation",
        "feedback of users",
        "named in the ledger alone",
    ):
        assert f"<span>{said}</span>" in html
    assert "0a1b2c" not in html and "ann" not in html and "letters" not in html


def test_a_budget_is_set_on_the_page() -> None:
    page = PrivacyPage()
    page.set_budget.inputs["dataset"].value = DIGITS
    page.set_budget.inputs["epsilon"].value = "none"
    page.set_budget.run()
    assert "epsilon" in page.set_budget._place.children[0].value and page.set_budget.latest is None
    page.set_budget.inputs["epsilon"].value = "4"
    page.set_budget.run()
    assert page.set_budget.latest is not None
    assert page.set_budget.latest.result(60).epsilon == 4.0
    page.set_budget.latest._thread.join(60)
    assert "of epsilon 4" in page.html() and ">budget set<" in page.html()


def pressed(form: Any) -> Any:
    form.run()
    form.latest._thread.join(60)
    return form.latest


def test_the_ledger_is_signed_verified_and_found_broken() -> None:
    done_things()
    page = PrivacyPage()
    assert "not verified yet" in page.html() and "none: sign one below" in page.html()
    assert pressed(page.sign).error is None
    assert "up to the end" in page.html()
    assert pressed(page.verify).outcome.ok
    assert "✓ sound" in page.html() and "at this machine" in page.html()
    privacy.record("release", DIGITS, data={"epsilon": 0.5})
    page.changed()
    assert "1 entry came since" in page.html() and "1 entry since" in page.html()
    with sqlite3.connect(settings.home() / "store.sqlite") as store:  # past the ledger's triggers
        for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            store.execute(f"DROP TRIGGER {name}")
        store.execute("UPDATE ledger SET actor = 'nobody' WHERE number = 2")
    store.close()
    assert not pressed(page.verify).outcome.ok
    assert "✗ broken" in page.html()
    tile_privacy._facts.look()
    assert "✗ broken" in tile_privacy.draw_privacy()
    assert pressed(page.sign).error is not None  # what does not hold is not signed


def test_a_damaged_checkpoint_leaves_the_page_standing() -> None:
    done_things()
    kept = make_checkpoint()
    Path(kept.path).write_text("{}")
    html = PrivacyPage().html()
    assert "cannot be read" in html and "Verify now" in html and "of epsilon 2" in html


def test_the_slider_shows_what_was_measured_at_its_epsilon() -> None:
    keep_curve(made_curve())
    assert kept_curve() == made_curve()
    page = PrivacyPage()
    slider = page.curve.slider
    assert slider.value == 2.0
    assert "0.930" in page.curve.figures.value and "60 times in 100" in page.curve.figures.value
    before = page.curve.shown.value
    slider.value = 8.0
    figures = page.curve.figures.value
    assert "0.970" in figures and "(0.950 to 0.985)" in figures and ">2.3<" in figures
    assert "1.0 points of 98.0%" in figures and "80 times in 100" in figures
    assert page.curve.shown.value != before
    assert "epsilon 0.5: 0.810 (0.790 to 0.825)" in page.html()
    assert "17 " not in figures and "5.6" not in figures
    page.refresh()
    assert page.curve.slider is slider  # a refresh leaves the reader's choice


def test_what_is_kept_and_is_no_curve_is_said() -> None:
    Records().put(NAMESPACE, KEY, document={"points": []})
    with pytest.raises(IntegrityError, match="cannot be read"):
        kept_curve()
    html = PrivacyPage().html()
    assert "cannot be read" in html and "Measure it here" in html


def test_a_curve_is_measured_kept_and_spends_nothing() -> None:
    asked = {"epsilons": [2.0, 0.5], "seeds": 2, "seed": 0}
    curve = operations.find("privacy.accuracy_by_epsilon").run(asked)
    assert [each.epsilon for each in curve.points] == [0.5, 2.0]
    low, high = curve.points
    assert len(low.accuracies) == 2 and low.accuracies[0] != low.accuracies[1]
    assert 0.7 < low.accuracy < high.accuracy < curve.plain_accuracy
    assert low.noise_multiplier > high.noise_multiplier
    # By Kairouz and others (2015), what (epsilon, delta) alone allows; the noise allows less.
    for each in curve.points:
        allowed = (np.exp(each.epsilon) - 1 + 2e-5) / (np.exp(each.epsilon) + 1)
        assert 0 < each.most_advantage < allowed
    assert kept_curve() == curve and Budgets().all() == []
    (entry,) = Ledger().entries(action="privacy.training")
    assert "no budget is spent" in entry.data["experiment"]
    html = PrivacyPage().html()
    assert f"{low.accuracy:.3f}" in html and "training, as an experiment" in html
    assert "No data set has a budget" in html
    assert f"{low.accuracy:.3f}" in mime_bundle(curve)["text/html"]


def test_what_cannot_be_measured_is_refused() -> None:
    run = operations.find("privacy.accuracy_by_epsilon").run
    for epsilons in ([1.0, 1.0], [0.0], [1.0 + each for each in range(100)]):
        with pytest.raises(InputError):
            run({"epsilons": epsilons})
    assert kept_curve() is None


def test_the_advantage_is_the_total_variation_of_a_gaussian() -> None:
    from scipy.stats import norm

    from workbench.privacy.auditing.tradeoff import trade_off_of

    found = trade_off_of(GaussianSteps(4.0, 1.0, 4)).deltas[0]  # one Gaussian, mean moved by 1/2
    assert found == pytest.approx(2 * norm.cdf(0.25) - 1, abs=1e-3)


def test_the_interval_grows_with_the_spread_of_seeds() -> None:
    low, high = accuracy_interval([0.9, 0.9, 0.9], asked=450)
    assert (low, high) == pytest.approx((0.8688, 0.9244), abs=1e-3)  # Wilson's, 405 of 450
    wide = accuracy_interval([0.85, 0.9, 0.95], asked=450)
    assert wide[0] < low and wide[1] > high
    assert accuracy_interval([1.0, 1.0], asked=450)[0] == pytest.approx(0.9915, abs=1e-3)


def test_a_table_is_made_coarser_on_the_page(tmp_path: Path) -> None:
    """By the form as it stands there, along a hierarchy, with commas between names."""
    rows = [f"{age},{town},{age % 3}" for age in range(20, 60) for town in ("Rome", "Oslo")]
    (tmp_path / "t.csv").write_text("\n".join(["age,town,ill", *rows]) + "\n")
    (tmp_path / "town.csv").write_text("town,land\nRome,Italy\nOslo,Norway\n")
    tabs = PrivacyPage().more
    at = tabs.titles.index("A table")
    fields, button = tabs.children[at].children[0].children, tabs.children[at].children[1]
    given = {"Table": "t.csv", "Write to": "o.csv",
             "Hierarchies (CSV, YAML), with commas": "town.csv"}  # fmt: skip
    for field in fields:
        if field.description in given:
            field.value = str(tmp_path / given[field.description])
        elif field.description.startswith("What others may know"):
            field.value = "age, town"
    button.click()
    wait_for(button)
    assert least_rows(tmp_path / "o.csv") >= 10


def wait_for(button: Any) -> None:
    """Until what the button began has ended."""
    ends_s = time.monotonic() + 60
    while "wb-waits" in button._dom_classes and time.monotonic() < ends_s:
        time.sleep(0.02)


@pytest.fixture
def visits(tmp_path: Path) -> Path:
    """A made table: who is old comes often; three visits of each of 60 persons."""
    lines = ["person,age,ward,often"]
    lines += [f"p{n % 60},{20 + n % 60},{'ab'[n % 2]},{'yes' if n % 60 > 30 else 'no'}"
              for n in range(180)]  # fmt: skip
    path = tmp_path / "visits.csv"
    path.write_text("\n".join(lines) + "\n")
    (tmp_path / "domain.json").write_text(
        '{"age": {"low": 0, "high": 100, "bins": 10}, "ward": {"values": ["a", "b"]}, '
        '"often": {"values": ["yes", "no"]}}'
    )
    return path


def test_a_table_is_learnt_privately_on_the_page(visits: Path) -> None:
    """By the form as it stands there: what is missing is said, then persons are protected."""
    page = PrivacyPage()
    form = next(
        tab for title, tab in zip(page.more.titles, page.more.children, strict=True)
        if title == "Train on a table"
    )  # fmt: skip
    inputs = {made.description: made for made in form.children[0].children}
    button, place = form.children[1], form.children[3]

    def press() -> Any:
        button.click()
        wait_for(button)
        return place.children[0]

    def said(shown: Any) -> str:
        return "".join(str(getattr(each, "value", "")) for each in shown.children[0].children)

    inputs["Table: a file, or a name"].value = str(visits)
    inputs["Column to foretell"].value = "often"
    assert "must not come from the rows" in said(press())
    inputs["Domain: what columns may hold"].value = str(visits.with_name("domain.json"))
    inputs["Column of persons"].value = "nobody"
    assert "nobody" in said(press()) and not Budgets().all()
    inputs["Column of persons"].value = "person"
    inputs["Rows of a person, at most"].value = "2"
    inputs["Epsilon, which it spends"].value = "8"
    shown = press()
    (state,) = Budgets().all()
    assert (state.unit, state.spends, state.open_spends) == ("user", 1, 0)
    assert state.dataset_sha256 == find_sha256(str(visits)) and state.spent <= 8.0
    assert "a user with all their rows, of which 2" in str(shown.children[1].outputs)


def least_rows(file: Path) -> int:
    """k by a count of the lines without what is no quasi-identifier."""
    lines = file.read_text().splitlines()[1:]
    return min(Counter(line.rpartition(",")[0] for line in lines).values())


def test_names_of_data_sets_are_those_of_their_content(shared_home: Path) -> None:
    names = known_names()
    for name in ("digits", "german"):
        assert names[find_sha256(name)] == name
