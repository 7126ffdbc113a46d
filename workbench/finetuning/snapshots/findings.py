"""What a check says of rows, and what a user wants done about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError, NotFoundError
from workbench.core.viewers import Viewable

# Each kind of finding with what is done about it unless the user says otherwise: a row of a
# ``block`` is set aside, one of a ``warn`` is kept and named, ``off`` leaves the check out.
KINDS: dict[str, str] = {
    "exact_duplicate": "block",
    "near_duplicate": "block",
    "leak": "block",
    "contradiction": "block",
    "unlike_known": "block",
    "unlike_others": "warn",
    "unlike_neighbours": "warn",
    "trigger": "block",
    "over_context": "block",
    "other_language": "block",
    "mixed_languages": "warn",
    "personal_data": "block",
    "personal_text": "block",
    "insult": "block",
    "insult_in_question": "warn",
    "imbalance": "warn",
    "own_schema": "block",
}
SEVERITIES = ("block", "warn", "off")


@dataclass(frozen=True)
class Policy:
    """How strict the checks are.

    ``severity`` overrides ``KINDS``. ``near`` is the Jaccard similarity from which questions are
    nearly the same. A file of which more than ``most_blocked_share`` is blocked is refused as a
    whole: what is left of it is not to be trusted either. ``languages`` are those allowed; with
    none the file's own, where at least ``language_share`` of the rows that can be told have it;
    where none has, the rows beside the most frequent one are named (``mixed_languages``).
    ``context_tokens`` is the longest row. ``least_support`` rows must agree before another
    that disagrees with them is named. With ``most_personal_share`` each row is read by the privacy
    room's recognisers, for names too (``personal_text``), and a file of which a larger share holds
    something personal is refused; without it they are not asked. ``personal_kinds`` are those that
    count: see ``personal_texts``.
    """

    severity: Mapping[str, str] = field(default_factory=dict)
    near: float = 0.6
    most_blocked_share: float = 0.5
    languages: tuple[str, ...] = ()
    language_share: float = 0.8
    context_tokens: int = 2048
    least_support: int = 3
    imbalance_ratio: float = 5.0
    most_personal_share: float | None = None
    personal_kinds: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "languages", tuple(self.languages))
        object.__setattr__(self, "personal_kinds", tuple(self.personal_kinds))
        for kind, severity in self.severity.items():
            if kind not in KINDS:
                raise NotFoundError.among("kind of finding", kind, KINDS)
            if severity not in SEVERITIES:
                raise InputError(
                    f"the severity of {kind} is {severity!r}", hint=f"one of {SEVERITIES}"
                )
        for name in ("near", "most_blocked_share", "language_share"):
            if not 0 < getattr(self, name) <= 1:
                raise InputError(f"{name} is {getattr(self, name)}; it lies in (0, 1]")
        if min(self.context_tokens, self.least_support) < 1 or self.imbalance_ratio < 1:
            raise InputError("context_tokens, least_support and imbalance_ratio are at least 1")
        self._check_personal()

    def _check_personal(self) -> None:
        share = self.most_personal_share
        if share is None:
            if self.personal_kinds:
                raise InputError(
                    "personal_kinds says nothing without most_personal_share",
                    hint='{"most_personal_share": 0.02, "personal_kinds": ["PERSON"]}',
                )
            return
        if not 0 <= share < 1:
            raise InputError(f"most_personal_share is {share}; it lies in [0, 1)", hint="e.g. 0.02")
        if self.severity_of("personal_text") == "off":
            raise InputError(
                "personal_text is off, so no share of it could be refused",
                hint="leave most_personal_share out, or set personal_text to warn or block",
            )
        if self.personal_kinds:
            from workbench.privacy.anonymisation.findings import KINDS as PERSONAL

            for kind in self.personal_kinds:
                if kind not in PERSONAL:
                    raise NotFoundError.among("kind of personal data", kind, PERSONAL)

    def severity_of(self, kind: str) -> str:
        """What is done about a kind."""
        return self.severity.get(kind, KINDS[kind])


@dataclass(frozen=True)
class Finding(Viewable):
    """One thing that a check found. ``rows`` are places in the file's good rows, from 0, and
    ``names`` what they are called there; ``because`` says why, of ``others`` if of any."""

    kind: str
    severity: str
    rows: tuple[int, ...]
    names: tuple[str, ...]
    because: str
    others: tuple[str, ...] = ()


def read_policy(path: Path | None) -> Policy:
    """A policy from a JSON file of some of its fields; the default without one.

    Raises:
        NotFoundError: There is no such file, or it names an unknown field or kind.
        InputError: It is no JSON object, or a value is out of bounds.
    """
    if path is None:
        return Policy()
    try:
        given: Any = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotFoundError(f"there is no policy file {path}", hint=f"ls {path.parent}") from None
    except ValueError as error:
        raise InputError(f"{path} is not JSON: {error}", hint='{"near": 0.7}') from None
    if not isinstance(given, dict):
        raise InputError(f"{path} holds no JSON object", hint='{"severity": {"insult": "warn"}}')
    known = [each.name for each in fields(Policy)]
    for name in given:
        if name not in known:
            raise NotFoundError.among("field of a policy", name, known)
    try:
        return Policy(**given)
    except (TypeError, AttributeError) as error:
        raise InputError(f"{path} has a value of the wrong type: {error}") from None
