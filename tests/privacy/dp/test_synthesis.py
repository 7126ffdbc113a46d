"""A made table has the private one's marginals, its noise is what its cost says, it is spent."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench.cli.main import main
from workbench.core.errors import ConflictError, DataError, InputError, NotFoundError
from workbench.privacy.dp import synthesis
from workbench.privacy.dp.accounting import epsilon_by_pld
from workbench.privacy.dp.budget import Budgets
from workbench.privacy.dp.domain import Column, encode_rows, public_domain, read_domain
from workbench.privacy.dp.file_names import note_file
from workbench.privacy.dp.mechanisms import GaussianSteps
from workbench.privacy.dp.naming import find_sha256
from workbench.privacy.dp.noise import SeededNoise
from workbench.privacy.dp.operations import statistic
from workbench.privacy.dp.synthesis import measure_tree, plan_synthesis, sample_rows
from workbench.privacy.dp.synthesis_quality import compare_tables

COLUMNS = (
    Column("age", low=0, high=100, bins=10),
    Column("sex", values=("f", "m")),
    Column("job", values=("a", "b", "c")),
    Column("pay", low=0.0, high=1.0, bins=5, whole=False),
)


def make_rows(count: int = 5000, seed: int = 0) -> dict[str, list[Any]]:
    """A made table: job goes with age, pay with job, sex with nothing."""
    drawn = np.random.default_rng(seed)
    age = drawn.integers(0, 101, count)
    job = np.where(drawn.random(count) < 0.9, age // 34, drawn.integers(0, 3, count))
    pay = np.clip(job / 3 + 0.2 * drawn.random(count), 0, 1)
    return {
        "age": age.tolist(), "sex": ["fm"[n] for n in drawn.integers(0, 2, count)],
        "job": ["abc"[n] for n in job], "pay": pay.tolist(),
    }  # fmt: skip


def make(rows: dict[str, list[Any]], noise: float, seed: int = 0) -> dict[str, list[Any]]:
    model = measure_tree(
        rows, COLUMNS, mechanism=GaussianSteps(noise, 1.0, 1), noise=SeededNoise(seed)
    )
    return sample_rows(model, source=np.random.default_rng(seed))


def test_marginals_are_kept_and_less_epsilon_keeps_less() -> None:
    rows = make_rows()
    near = compare_tables(rows, make(rows, 0.3), COLUMNS)  # epsilon 19, 1 and 0.02
    some = compare_tables(rows, make(rows, 3.7), COLUMNS)
    far = compare_tables(rows, make(rows, 150.0), COLUMNS)
    assert near.singles < 0.01 and near.pairs < 0.04
    assert near.pairs < some.pairs < far.pairs and some.pairs < 0.1 < far.pairs
    # Each column by itself would lose that they hang together: that is what the tree is for.
    alone = np.random.default_rng(0)
    shuffled = {name: list(alone.permutation(np.array(v))) for name, v in rows.items()}
    assert compare_tables(rows, shuffled, COLUMNS).pairs > 3 * near.pairs


def test_the_tree_takes_the_pairs_that_hang_together() -> None:
    model = measure_tree(
        make_rows(), COLUMNS, mechanism=GaussianSteps(0.9, 1.0, 1),
        noise=SeededNoise(0),
    )  # fmt: skip
    pairs = {frozenset(pair) for pair in model.pairs}
    # Age, job and pay hang together; sex is tied to one of them, since a tree has all.
    assert len(pairs) == 3 and sum(1 in pair for pair in pairs) == 1
    for (parent, child), joint in model.pairs.items():
        np.testing.assert_allclose(joint.sum(axis=1), model.singles[parent], atol=2e-3)
        np.testing.assert_allclose(joint.sum(axis=0), model.singles[child], atol=1e-6)


class CountingNoise:
    """None, and what was asked of it."""

    told = "none"

    def __init__(self) -> None:
        self.asked: list[tuple[int, float]] = []

    def coins(self, count: int, rate: float) -> Any:
        raise AssertionError("no coins are thrown")

    def normal(self, shape: Any, std: float) -> Any:
        import torch

        self.asked.append((math.prod(shape), std))
        return torch.zeros(tuple(shape))


def releases(rows: dict[str, list[Any]], noise: CountingNoise) -> tuple[list[Any], Any]:
    """What is told before noise, in order; found by looking at what noise is added to."""
    kept: list[Any] = []
    real = synthesis._counts

    def counts(cells: Any, shape: list[int]) -> Any:
        found = real(cells, shape)
        kept.append(found)
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(synthesis, "_counts", counts)
        model = measure_tree(rows, COLUMNS, mechanism=GaussianSteps(2.0, 1.0, 1), noise=noise)
    return kept, model


def test_the_noise_is_what_the_cost_says() -> None:
    """For each release: how far a row moves it, over its noise; together the mechanism's."""
    rows = make_rows(300)
    fewer = {name: values[:-1] for name, values in rows.items()}
    noise = CountingNoise()
    (first, _), (second, _) = releases(rows, noise), releases(fewer, CountingNoise())
    stds = [std for _, std in noise.asked]
    singles, pairs = first[:4], first[4:10]
    moved = sum(float(((a - b) ** 2).sum()) for a, b in zip(singles, second[:4], strict=True))
    assert moved == 4 and stds[:4] == [2 * math.sqrt(3) * 2] * 4
    # A score is an L1 distance to what is told already: no row moves it by more than its cell.
    assert all(abs(a - b).sum() == 1 for a, b in zip(pairs, second[4:10], strict=True))
    assert noise.asked[4] == (6, pytest.approx(2 * math.sqrt(3) * math.sqrt(6)))
    assert stds[5:] == [pytest.approx(2 * math.sqrt(3) * math.sqrt(3))] * 3
    total = 4 / stds[0] ** 2 + 6 / stds[4] ** 2 + 3 / stds[5] ** 2
    assert total == pytest.approx(1 / 2.0**2)
    # A third more of any of them would cost more than is said.
    assert 4 / (stds[0] / 1.3) ** 2 + 6 / stds[4] ** 2 + 3 / stds[5] ** 2 > 1 / 2.0**2


def test_the_plan_costs_what_was_asked() -> None:
    mechanism = plan_synthesis(epsilon=1.0, delta=1e-5)
    assert 0.9998 < epsilon_by_pld([mechanism], delta=1e-5) <= 1.0


def test_values_stay_in_their_column() -> None:
    rows = make_rows(400)
    rows["age"][0], rows["job"][1], rows["pay"][2] = None, None, 0.5
    made = make(rows, 3.7)
    assert {each for each in made["sex"] if each is not None} <= {"f", "m"}
    assert all(each is None or (0 <= each <= 100 and isinstance(each, int)) for each in made["age"])
    assert all(each is None or 0 <= each <= 1 for each in made["pay"])
    cells = np.arange(COLUMNS[0].cells)
    again = COLUMNS[0].encode(COLUMNS[0].decode(cells, np.random.default_rng(0)))
    np.testing.assert_array_equal(again, cells)
    odd = Column("odd", values=("x",))
    np.testing.assert_array_equal(odd.encode(["x", "y", None]), [0, 1, 1])


def test_the_command_spends_writes_and_refuses(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    rows = make_rows(300)
    table, out, domain = tmp_path / "t.csv", tmp_path / "made.csv", tmp_path / "domain.json"
    with table.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(rows)
        writer.writerows(zip(*rows.values(), strict=True))
    said = {"age": {"low": 0, "high": 100, "bins": 10}, "job": {"values": ["a", "b", "c"]}}
    domain.write_text(json.dumps(said))
    budgets = Budgets()
    budgets.set(find_sha256(str(table)), epsilon=1.2, delta=1e-5)
    command = ["privacy", "synthesise", str(table), "--epsilon", "1", "--out", str(out)]

    def run(*more: str) -> int:
        with pytest.raises(SystemExit) as ended:
            main([*command, *more])
        return int(ended.value.code or 0)

    assert run() != 0 and "--domain" in capfd.readouterr().err
    assert run("--domain", str(domain), "--json") == 0
    told = json.loads(capfd.readouterr().out)
    assert told["epsilon"] <= 1 and told["pairs"] in ([["age", "job"]], [["job", "age"]])
    with out.open() as file:
        made = list(csv.DictReader(file))
    assert len(made) == told["rows"] and set(made[0]) == {"age", "job"}
    before = out.read_bytes()
    assert run("--domain", str(domain)) != 0 and "not overwritten" in capfd.readouterr().err
    assert run("--domain", str(domain), "--overwrite") != 0 and "budget" in capfd.readouterr().err
    assert out.read_bytes() == before
    assert budgets.show(find_sha256(str(table))).spends == 1
    assert not list(tmp_path.glob(".*.part"))
    budgets.set(find_sha256(str(table)), epsilon=9.0, delta=1e-5)
    assert run("--public-domain", "--columns", "sex,job", "--overwrite") == 0
    assert set(out.read_text().splitlines()[0].split(",")) == {"sex", "job"}


def test_bad_input(tmp_path: Path) -> None:
    rows = make_rows(20)
    mechanism, noise = GaussianSteps(1.0, 1.0, 1), SeededNoise(0)
    with pytest.raises(InputError, match="no pairs"):
        measure_tree(rows, COLUMNS[:1], mechanism=mechanism, noise=noise)
    wide = tuple(Column(n, low=0, high=1, bins=1000) for n in ("a", "b"))
    with pytest.raises(InputError, match="cells"):
        measure_tree(rows, wide, mechanism=mechanism, noise=noise)
    with pytest.raises(NotFoundError):
        encode_rows(rows, [Column("agee", values=("x",))])
    with pytest.raises(InputError, match="something else than numbers") as caught:
        encode_rows({"a": ["Oslo"]}, [Column("a", low=0, high=1, bins=2)])
    assert "Oslo" not in str(caught.value)  # whoever may ask for figures may not see a row
    for bad in ({"values": (), "bins": 0}, {"values": ("x", "x")}, {"bins": 2, "low": 2, "high": 1},
                {"bins": 5000, "low": 0, "high": 1}):  # fmt: skip
        with pytest.raises(InputError):
            Column("a", **bad)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="empty"):
        public_domain({"a": [None]})
    path = tmp_path / "d.json"
    with pytest.raises(InputError, match="no file"):
        read_domain(path)
    for text in ("{", '{"a": {"low": 1}}', '{"a": 3}'):
        path.write_text(text)
        with pytest.raises(DataError):
            read_domain(path)
    path.write_text('{"a": {"low": 1, "high": 3}}')
    with pytest.raises(DataError, match="'a' says nothing of bins"):
        read_domain(path)
    path.write_text('{"a": {"vals": []}}')
    with pytest.raises(InputError, match="vals"):
        read_domain(path)


def test_a_file_is_found_again_by_the_name_that_its_budget_is_shown_by(tmp_path: Path) -> None:
    """The page shows `people.csv`, and its form had no data set of that name."""
    (tmp_path / "a").mkdir()
    file = tmp_path / "a" / "people.csv"
    file.write_text("age\n3\n4\n")
    with pytest.raises(NotFoundError, match="no data set named"):
        find_sha256("people.csv")
    note_file(str(file), find_sha256(str(file)))
    assert find_sha256("people.csv") == find_sha256(str(file))
    assert statistic("people.csv", column="age", figure="count", epsilon=5.0)[0].value < 99
    other = tmp_path / "people.csv"
    other.write_text("age\n5\n")
    note_file(str(other), find_sha256(str(other)))
    with pytest.raises(ConflictError, match="2 files are called"):
        find_sha256("people.csv")
    file.write_text("age\n7\n")  # it is another one now
    assert find_sha256("people.csv") == find_sha256(str(other))
