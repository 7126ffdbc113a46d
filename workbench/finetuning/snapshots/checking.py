"""All checks of a file's examples, what they come to, and the rows that stay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import DataError
from workbench.core.progress import progress
from workbench.core.viewers import Viewable
from workbench.data.lexicon import Lexicon
from workbench.data.quarantine import Quarantine
from workbench.evaluation.checks import Check
from workbench.finetuning.examples import Example

from .balance import Embed, find_imbalance, find_unlike_neighbours
from .disagreement import find_contradictions, find_triggers, find_unlike
from .duplicates import find_duplicates, find_leaks
from .findings import Finding, Policy
from .personal_texts import find_personal_texts, share_of_personal, why_refused
from .row_checks import CountTokens, find_in_rows
from .rows import rows_of
from .set_aside import tell_rows


@dataclass(frozen=True)
class DataReport(Viewable):
    """What the checks found in a file.

    ``quarantine`` are the rows that could not be read, ``findings`` what was found in those that
    could. ``blocked`` are the names of rows that are set aside for a finding, each with its
    reasons (and its line, where that is not its name), and stand in the file ``blocked_path``;
    ``counts`` are the rows by kind of finding. ``refused`` says why nothing of the file
    is to be used, or is empty. ``personal`` is the share of rows with something personal against
    the policy's, where it states one.
    """

    source: str
    rows: int
    kept_rows: int
    counts: dict[str, int]
    findings: tuple[Finding, ...]
    blocked: dict[str, tuple[str, ...]]
    quarantine: Quarantine | None
    refused: str
    policy: Policy
    personal: Check | None = None
    blocked_path: Path | None = None

    @property
    def ok(self) -> bool:
        """Whether every row may be used and none was named."""
        return not self.findings and not (self.quarantine and self.quarantine.rows)

    def check(self) -> None:
        """Raise DataError, which names rows, if the file is refused."""
        if not self.refused:
            return
        hint = (
            "mend or leave out those rows; or set most_blocked_share or the severities in a "
            "policy: --policy FILE"
        )
        if self.personal is not None and not self.personal.ok:
            hint = "workbench privacy anonymise FILE --out OUT, or leave those rows out"
        said = f"{self.source}: {self.refused}"
        if rows := tell_rows(self):
            said = f"{said}: {rows}"
        raise DataError(said, hint=hint, counts=self.counts)


def check_examples(
    examples: Sequence[Example],
    *,
    policy: Policy | None = None,
    known: Sequence[Example] = (),
    heldout: Sequence[Example] = (),
    count_tokens: CountTokens | None = None,
    embed: Embed | None = None,
    lexicon: Lexicon | None = None,
    schema: Any = None,
    source: str = "the examples",
    quarantine: Quarantine | None = None,
    places: Sequence[str] = (),
) -> tuple[tuple[Example, ...], DataReport]:
    """Check examples; what is to be blocked is left out of those that come back.

    Args:
        examples: What a model is to be taught.
        policy: How strict.
        known: What it was taught before and is trusted: nothing may repeat or contradict it.
        heldout: What it will be tested with: nothing of it may be learnt.
        count_tokens: Of a row, by the model's own tokenizer and template.
        embed: Questions to vectors, for the check against the nearest ones.
        lexicon: Of insults.
        schema: A pandera schema of the user's own; see ``row_checks.table_of``.
        source: What the report calls them.
        quarantine: What could not even be read.
        places: Where each example stands in its file, ``line 7``; for those with another name.

    Returns:
        The examples that stay, in their order, and the report. A file that is refused keeps them
        all the same: ``report.check()`` raises.
    """
    policy = policy or Policy()
    rows, old = rows_of(examples), rows_of(known, prefix="known ")
    tests = rows_of(heldout, prefix="held-out ")
    parts: list[Iterator[Finding]] = [
        find_in_rows(rows, policy, count_tokens=count_tokens, lexicon=lexicon, schema=schema),
        find_duplicates(rows, old, policy),
        find_leaks(rows, tests, policy) if tests else iter(()),
        find_contradictions(rows, old, policy),
        find_unlike(rows, old, policy),
        find_triggers(rows, old, policy),
        find_imbalance(rows, policy),
    ]
    if policy.most_personal_share is not None:
        parts.append(find_personal_texts(rows, policy))
    if embed is not None:
        parts.append(find_unlike_neighbours(rows, old, policy, embed=embed))
    findings: list[Finding] = []
    with progress("check the rows", total=len(parts), unit="checks") as task:
        for part in parts:
            check_cancelled()
            findings += [each for each in part if each.severity != "off"]
            task.advance()
    return _result(examples, findings, policy, source, quarantine, _names(examples, places))


def _result(
    examples: Sequence[Example],
    findings: list[Finding],
    policy: Policy,
    source: str,
    quarantine: Quarantine | None,
    names: Sequence[str],
) -> tuple[tuple[Example, ...], DataReport]:
    reasons: dict[int, list[str]] = {}
    counts: Counter[str] = Counter()
    counts.update(kind for kind, _ in {(f.kind, place) for f in findings for place in f.rows})
    for each in findings:
        if each.severity == "block":
            for place in each.rows:
                reasons.setdefault(place, []).append(f"{each.kind}: {each.because}")
    kept = tuple(each for place, each in enumerate(examples) if place not in reasons)
    unread = quarantine.rows if quarantine else 0
    total = len(examples) + unread
    bad = len(reasons) + unread
    refused = ""
    if not kept:
        refused = "no row may be used"
    elif bad > policy.most_blocked_share * total:
        refused = (
            f"{bad} of {total} rows are unreadable or blocked, more than the allowed "
            f"{policy.most_blocked_share:.0%}"
        )
    personal = share_of_personal(findings, len(examples), policy)
    if personal is not None and not personal.ok:
        refused = why_refused(findings, personal)
    blocked = {names[place]: tuple(said) for place, said in sorted(reasons.items())}
    report = DataReport(
        source,
        total,
        len(kept),
        dict(sorted(counts.items())),
        tuple(findings),
        blocked,
        replace(quarantine) if quarantine else None,
        refused,
        policy,
        personal,
    )
    return kept, report


def _names(examples: Sequence[Example], places: Sequence[str]) -> list[str]:
    """What each example is called, none like another: two rows may say that they have one id."""
    where = list(places) or [f"row {at + 1}" for at in range(len(examples))]
    own = [each.identity or place for each, place in zip(examples, where, strict=True)]
    often = Counter(own)
    return [
        f"{name} ({place})" if name != place and (places or often[name] > 1) else name
        for name, place in zip(own, where, strict=True)
    ]
