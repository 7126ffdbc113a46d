"""Rows with something personal as the privacy room's recognisers read them: also names.

They take some 10 ms a row, so they are asked only where a policy says which risk it takes
(``most_personal_share``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workbench.evaluation.checks import Check, check

from .findings import Finding, Policy
from .rows import Row

KIND = "personal_text"
# Those that lead to a person. Places, addresses of pages and words in other scripts stand in many
# rows that are about nobody.
PERSONAL_KINDS = (
    "EMAIL", "IBAN", "CARD", "IP", "ID", "BIRTH_DATE", "PHONE", "ADDRESS", "PERSON",
)  # fmt: skip
_NAMED = 5


def find_personal_texts(rows: Sequence[Row], policy: Policy) -> Iterator[Finding]:
    """A finding for each row that holds something personal, or that cannot be read.

    The words themselves are in no finding: only of which kind they are, and how many.

    Raises:
        CapabilityError: The recognisers are not installed.
        EngineError: A recogniser failed.
    """
    from workbench.privacy.anonymisation.checking import judge_texts

    kinds = policy.personal_kinds or PERSONAL_KINDS
    reasons = judge_texts([row.text for row in rows], kinds=kinds)
    for row, reason in zip(rows, reasons, strict=True):
        if reason:
            yield Finding(KIND, policy.severity_of(KIND), (row.place,), (row.name,), reason)


def share_of_personal(findings: Sequence[Finding], count: int, policy: Policy) -> Check | None:
    """The share of rows with such a finding against the stated one; None where none was stated.

    It is a lower bound of the truth, as the recognisers miss some: what they find in a file says
    how much they will have missed.
    """
    if policy.most_personal_share is None or not count:
        return None
    hit = sum(each.kind == KIND for each in findings)
    from workbench.privacy.anonymisation.checking import name_of_check

    return check(name_of_check(), hit / count, high=policy.most_personal_share)


def why_refused(findings: Sequence[Finding], found: Check) -> str:
    """In words, with the first rows by name."""
    names = [name for each in findings if each.kind == KIND for name in each.names]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return (
        f"{found.value:.1%} of the rows hold something personal, or cannot be read for it; stated "
        f"were at most {found.high:.1%} ({', '.join(names[:_NAMED])}{more})"
    )
