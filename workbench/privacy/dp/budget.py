"""What may be learnt from a data set in all, and what has been spent of it.

A spend is on the disk, and in the ledger, before the data are read for it. It stays whatever
becomes of the run: a kill between the two leaves too much spent, never too little. Spends are
composed by privacy loss distributions, which is less than their sum.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from workbench.core.errors import ConflictError, InputError, NotFoundError
from workbench.core.viewers import Viewable
from workbench.privacy.ledger.recording import record
from workbench.store.database import Database, open_database
from workbench.store.documents import dump_document, load_document

from .accounting import epsilon_by_pld
from .claims import Claim, Verdict, dump_part, load_claim, load_verdict
from .mechanisms import (
    Mechanism,
    Unit,
    check_delta,
    dump_mechanism,
    load_mechanism,
)
from .what_fits import refused

if TYPE_CHECKING:
    import sqlite3

DELTA = 1e-5  # of the epsilon that is shown where no budget says another


@dataclass(frozen=True)
class Spend(Viewable):
    """One use of a data set. ``ended_s`` is None while it goes on, or if it was killed.

    ``mechanism`` is what is done and what the budget is charged for; ``claim`` is what the run says
    of it, and ``verdict`` what its audit found. Both are None where there was none.
    """

    id: int
    dataset_sha256: str
    unit: Unit
    mechanism: Mechanism
    purpose: str
    run: str
    recorded_s: float
    ended_s: float | None
    claim: Claim | None = None
    verdict: Verdict | None = None


@dataclass(frozen=True)
class BudgetState(Viewable):
    """A data set's budget: ``spent`` is composed over ``spends``; ``left`` is what epsilon lacks.

    ``epsilon`` and ``left`` are None where no budget was set: what is spent is written down all
    the same. ``open_spends`` are those that have no end: they go on, or were killed. ``dataset`` is
    its name in the catalogue or the file's, "" where it is known by its content alone.
    """

    dataset_sha256: str
    unit: Unit
    epsilon: float | None
    delta: float
    spent: float
    left: float | None
    spends: int
    open_spends: int
    dataset: str = ""


class Budgets:
    """The budgets of one store.

    Args:
        database: By default that of WORKBENCH_HOME.
    """

    def __init__(self, database: Database | None = None) -> None:
        self.database = database or open_database()

    def set(
        self, dataset_sha256: str, *, epsilon: float, delta: float, unit: Unit = "example"
    ) -> BudgetState:
        """Say how much may be learnt from a data set; the ledger keeps what it was before.

        It may be less than was spent: then nothing is left, and whatever is asked is refused.

        Raises:
            InputError: A number is not allowed, or the sha256 is none.
            ConflictError: It was spent in another unit.
        """
        _check_sha256(dataset_sha256)
        check_delta(delta)
        if not epsilon > 0:
            raise InputError(f"epsilon is {epsilon}, which must be above 0", name="epsilon")
        self._spent(dataset_sha256, delta)  # outside of the lock: it may take a second once
        with self.database.transaction() as connection:
            self._check_unit(dataset_sha256, unit)
            spent = self._spent(dataset_sha256, delta)
            connection.execute(
                "INSERT INTO privacy_budgets VALUES (?, ?, ?, ?, ?) ON CONFLICT (dataset_sha256) "
                "DO UPDATE SET unit = excluded.unit, epsilon = excluded.epsilon, "
                "delta = excluded.delta, set_s = excluded.set_s",
                (dataset_sha256, unit, epsilon, delta, time.time()),
            )
            record(
                "budget_set", dataset_sha256, database=self.database,
                data={"budget": epsilon, "delta": delta, "unit": unit, "spent": spent},
            )  # fmt: skip
        return self.show(dataset_sha256)

    def show(self, dataset_sha256: str) -> BudgetState:
        """What is left. Raises NotFoundError where nothing was set or spent."""
        spends, row = self.spends(dataset_sha256), self._row(dataset_sha256)
        if row is None and not spends:
            raise NotFoundError(
                f"nothing was set or spent for the data set {dataset_sha256[:12]}",
                hint="workbench privacy budget set DATASET --epsilon 3 --delta 1e-5",
            )
        delta = DELTA if row is None else row["delta"]
        spent = epsilon_by_pld([each.mechanism for each in spends], delta=delta)
        return BudgetState(
            dataset_sha256,
            spends[0].unit if row is None else row["unit"],
            None if row is None else row["epsilon"],
            delta,
            spent,
            None if row is None else max(0.0, row["epsilon"] - spent),
            len(spends),
            sum(each.ended_s is None for each in spends),
        )

    def all(self) -> list[BudgetState]:
        """Every data set with a budget or a spend."""
        rows = self.database.read(
            "SELECT dataset_sha256 FROM privacy_budgets UNION "
            "SELECT dataset_sha256 FROM privacy_spends ORDER BY 1"
        )
        return [self.show(row[0]) for row in rows]

    def spends(self, dataset_sha256: str) -> list[Spend]:
        """What was spent, the oldest first."""
        rows = self.database.read(
            "SELECT * FROM privacy_spends WHERE dataset_sha256 = ? ORDER BY id", (dataset_sha256,)
        )
        return [_spend(row) for row in rows]

    def check(
        self,
        dataset_sha256: str,
        mechanism: Mechanism,
        *,
        unit: Unit = "example",
        run: str | None = None,
    ) -> None:
        """Raise what ``spend`` would; nothing is written. For what is spent of several data sets:
        where one has not enough left, none shall be spent."""
        _check_sha256(dataset_sha256)
        known = self._check_left(dataset_sha256, mechanism, self.spends(dataset_sha256), run)
        if known is None:
            self._check_unit(dataset_sha256, unit)

    def spend(
        self,
        dataset_sha256: str,
        mechanism: Mechanism,
        *,
        purpose: str,
        unit: Unit = "example",
        run: str | None = None,
        claim: Claim | None = None,
    ) -> Spend:
        """Write a spend down. When this returns it is on the disk, and the data may be read.

        Args:
            dataset_sha256: Of the data set's content.
            mechanism: What will be done, with the noise that is really added.
            purpose: In words, for whoever reads the ledger.
            unit: Whether examples or users are protected.
            run: A name for what goes on after a kill from where it was, with the same noise: spent
                once. By default each spend is one of its own.
            claim: What the run says that it costs.

        Raises:
            LimitError: The budget has not so much left; the message says what would fit.
            ConflictError: The data set is spent in another unit, or ``run`` did something else.
            InputError: The sha256 is none.
        """
        _check_sha256(dataset_sha256)
        before = self.spends(dataset_sha256)
        # Outside of the lock, for it is slow once.
        self._check_left(dataset_sha256, mechanism, before, run, claim)
        with self.database.transaction() as connection:
            before = self.spends(dataset_sha256)
            known = self._check_left(dataset_sha256, mechanism, before, run, claim)
            if known is not None:
                return known
            self._check_unit(dataset_sha256, unit)
            row = (
                dataset_sha256,
                unit,
                dump_document(dump_mechanism(mechanism), what="a mechanism"),
                purpose,
                run or uuid.uuid4().hex,
                time.time(),
                None if claim is None else dump_document(dump_part(claim), what="a claim"),
            )
            number = connection.execute(
                "INSERT INTO privacy_spends "
                "(dataset_sha256, unit, mechanism, purpose, run, recorded_s, claim) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                row,
            ).lastrowid
            told = {"purpose": purpose, "unit": unit, **dump_mechanism(mechanism)}
            if claim is not None:
                told["claim"] = dump_part(claim)
            record("budget_spend", dataset_sha256, database=self.database, data=told)
        return Spend(
            int(number or 0), dataset_sha256, unit, mechanism, purpose, row[4], row[5], None, claim
        )

    def end(self, spend: Spend) -> Spend:
        """Say that a run ended, however it ended; what it spent stays."""
        now_s = time.time()
        with self.database.transaction() as connection:
            connection.execute(
                "UPDATE privacy_spends SET ended_s = ? WHERE id = ?", (now_s, spend.id)
            )
        return replace(spend, ended_s=now_s)

    def judge(self, spend: Spend, verdict: Verdict) -> Spend:
        """Write down what the audit of a spend's run found, in the ledger too.

        Raises:
            StorageError: It was judged before.
        """
        with self.database.transaction() as connection:
            connection.execute(
                "UPDATE privacy_spends SET verdict = ? WHERE id = ?",
                (dump_document(dump_part(verdict), what="a verdict"), spend.id),
            )
            record(
                "attack", spend.dataset_sha256, database=self.database,
                data={"attack": "audit in one run", "spend": spend.id,
                      "claim": dump_part(spend.claim), "claim_refuted": verdict.refuted,
                      "proven_epsilon": verdict.lower, "confidence": verdict.confidence},
            )  # fmt: skip
        return replace(spend, verdict=verdict)

    def _check_left(
        self, dataset_sha256: str, mechanism: Mechanism, spends: list[Spend], run: str | None,
        claim: Claim | None = None,
    ) -> Spend | None:  # fmt: skip
        """The spend of the same run, if there is one; LimitError if there is not enough left."""
        known = next((each for each in spends if run is not None and each.run == run), None)
        if known is not None:
            if known.mechanism != mechanism:
                raise ConflictError(
                    f"the run {run!r} spent on something else before",
                    hint="another name for another run",
                )
            return known
        row = self._row(dataset_sha256)
        if row is None:
            return None
        before = [each.mechanism for each in spends]
        needed = epsilon_by_pld([*before, mechanism], delta=row["delta"])
        if needed > row["epsilon"]:
            raise refused(
                mechanism, before, needed, epsilon=row["epsilon"], delta=row["delta"], claim=claim
            )
        return None

    def _check_unit(self, dataset_sha256: str, unit: Unit) -> None:
        row = self.database.read_one(
            "SELECT unit FROM privacy_spends WHERE dataset_sha256 = ?1 UNION ALL "
            "SELECT unit FROM privacy_budgets WHERE dataset_sha256 = ?1 LIMIT 1",
            (dataset_sha256,),
        )
        if row is not None and row["unit"] != unit:
            raise ConflictError(
                f"this data set is spent by {row['unit']}; what protects one {unit} says nothing "
                f"that could be added to it",
                hint="--user-column COLUMN, or make_private(..., units=...)"
                if row["unit"] == "user"
                else "without --user-column",
            )

    def _row(self, dataset_sha256: str) -> sqlite3.Row | None:
        return self.database.read_one(
            "SELECT * FROM privacy_budgets WHERE dataset_sha256 = ?", (dataset_sha256,)
        )

    def _spent(self, dataset_sha256: str, delta: float) -> float:
        spends = self.spends(dataset_sha256)
        return epsilon_by_pld([each.mechanism for each in spends], delta=delta)


def _spend(row: sqlite3.Row) -> Spend:
    mechanism = load_mechanism(load_document(row["mechanism"]))
    return Spend(
        row["id"], row["dataset_sha256"], row["unit"], mechanism, row["purpose"], row["run"],
        row["recorded_s"], row["ended_s"], load_claim(load_document(row["claim"])),
        load_verdict(load_document(row["verdict"])),
    )  # fmt: skip


def _check_sha256(text: str) -> None:
    if len(text) != 64 or set(text) - set("0123456789abcdef"):
        raise InputError(f"{text[:80]!r} is no sha256", hint="64 hexadecimal digits")
