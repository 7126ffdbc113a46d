"""Moving the names ``champion``, ``challenger`` and tags from one version to another.

A name is a label of the store: at each moment it stands on one version or on none, so there are
never two champions. A move, what it does to a trial that runs, and its entry in the ledger are one
transaction: whoever is killed in between has done all of it or nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from workbench.core.errors import ConflictError, InputError, NotFoundError
from workbench.core.viewers import Viewable
from workbench.finetuning.versions.finding import (
    CHALLENGER,
    CHAMPION,
    AdapterVersion,
    find_version,
    of_version,
)
from workbench.identity import LOCAL
from workbench.models.adapters import KIND, expand_name, folder_of
from workbench.models.formats.adapters import read_record
from workbench.models.routing.trials import find_trial, remove_trial
from workbench.store.ledger import Ledger
from workbench.store.versions import LabelMove, Versions

_BACK = "[rollback] "  # begins the reason of a move that was a step back
_TAG = re.compile(r"(?!\d+$)[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class NameMove(Viewable):
    """A name that moved. ``before`` and ``after`` are numbers; None where it stood nowhere.

    ``evidence`` is the sha256 of the artifact that speaks for the move, ``entry`` its number in the
    ledger (None where the name stood there already), ``passed_over`` the versions before that a
    rollback could not go to, because their files were removed.
    """

    name: str
    label: str
    before: int | None
    after: int | None
    actor: str
    reason: str
    evidence: str | None = None
    entry: int | None = None
    passed_over: tuple[int, ...] = ()

    @property
    def is_new(self) -> bool:
        """Whether anything was moved."""
        return self.entry is not None


def promote_version(
    name: str,
    *,
    actor: str = LOCAL,
    reason: str,
    evidence: str | None = None,
    expected_champion: int | None = None,
) -> NameMove:
    """Make a version the champion; whether it should be one is the gate's to say.

    Where it is the challenger it stops being that, and a trial on the name ends. A version that is
    champion already stays so, and nothing is written: the call may be repeated.

    Args:
        name: The version.
        actor: Who promotes it.
        reason: Why.
        evidence: The sha256 of an artifact that speaks for it, such as a gate's report.
        expected_champion: Which number must be champion now (0: none); None for any.

    Raises:
        NotFoundError: There is no such version, or its files were removed.
        IntegrityError: A file of it has changed.
        ConflictError: Another is champion than was expected.
    """
    _check_reason(reason)
    versions = Versions()
    found = find_version(name, versions)
    _verify(found)
    with versions.database.transaction():
        stands = versions.labels(KIND, found.name)
        before = stands.get(CHAMPION)
        if before == found.number:
            return NameMove(found.name, CHAMPION, before, before, actor, reason, evidence)
        _require_files(found)
        _move(versions, found, CHAMPION, actor, reason, expected_champion)
        if stands.get(CHALLENGER) == found.number:
            versions.remove_label(
                KIND, found.name, label=CHALLENGER, actor=actor, reason="it is champion"
            )
        ended = _end_trial(versions, found.name)
        data = {"from": before, "to": found.number, "reason": reason, "evidence": evidence}
        entry = Ledger(versions.database).append(
            "adapter.promoted", found.name, actor=actor, data={**data, "trial": ended}
        )
    return NameMove(
        found.name, CHAMPION, before, found.number, actor, reason, evidence, entry.number
    )


def roll_back(name: str, *, label: str = CHAMPION, actor: str = LOCAL, reason: str) -> NameMove:
    """Move a name to the version on which it stood before; a second time, to the one before that.

    A version whose files were removed is passed over. A trial on the name ends.

    Args:
        name: The adapter, ``base:adapter``; a version in it is an error.
        label: The name that is moved.
        actor: Who moves it.
        reason: Why.

    Raises:
        NotFoundError: There is no such adapter, or the name stands nowhere.
        ConflictError: No version had the name before, or none of those still has its files.
    """
    _check_reason(reason)
    versions = Versions()
    full, at, _ = expand_name(name, versions).partition("@")
    if at:
        raise InputError(
            f"{name!r} names a version; a rollback goes to the one before",
            hint=f"workbench finetuning rollback {full}",
        )
    with versions.database.transaction():
        before, *earlier = stood_on(versions.label_history(KIND, full, label=label)) or [0]
        if not before:
            find_version(full, versions)
            raise NotFoundError(f"the name {label!r} of {full} stands nowhere", hint="promote one")
        candidates = [find_version(f"{full}@{number}", versions) for number in earlier]
        chosen = next((each for each in candidates if each.is_here), None)
        if chosen is None:
            told = f"no version was {label} before it"
            if candidates:
                told = f"of what was {label} before it the files were removed"
            raise ConflictError(
                f"there is nothing to go back to from {full}@{before}: {told}",
                hint=f"workbench finetuning promote {full}@N for another version, or ask for "
                f"{full.partition(':')[0]}, which was taught nothing",
            )
        passed_over = tuple(each.number for each in candidates[: candidates.index(chosen)])
        _move(versions, chosen, label, actor, _BACK + reason, before)
        ended = _end_trial(versions, full, label)
        data = {"from": before, "to": chosen.number, "reason": reason, "label": label}
        entry = Ledger(versions.database).append(
            "adapter.rolled_back",
            full,
            actor=actor,
            data={**data, "passed_over": list(passed_over), "trial": ended},
        )
    return NameMove(
        full, label, before, chosen.number, actor, reason, None, entry.number, passed_over
    )


def tag_version(name: str, label: str, *, actor: str = LOCAL, reason: str = "") -> NameMove:
    """Put a name of one's own on a version, or ``challenger``; it leaves the one where it stood.

    Raises:
        InputError: It is no name, or ``champion``, which is given by promotion alone.
        NotFoundError: There is no such version, or its files were removed.
    """
    if label == CHAMPION or not _TAG.fullmatch(label) or label == "latest":
        raise InputError(
            f"{label!r} cannot be given as a tag",
            hint="letters, digits, dots, dashes; champion is given by workbench finetuning promote",
        )
    _check_reason(reason)
    versions = Versions()
    with versions.database.transaction():
        found = find_version(name, versions)
        before = versions.labels(KIND, found.name).get(label)
        if before == found.number:
            return NameMove(found.name, label, before, before, actor, reason)
        _require_files(found)
        _move(versions, found, label, actor, reason)
        ended = _end_trial(versions, found.name, label)
        entry = Ledger(versions.database).append(
            "adapter.tagged",
            found.name,
            actor=actor,
            data={"label": label, "from": before, "to": found.number, "reason": reason}
            | ({"trial": ended} if ended else {}),
        )
    return NameMove(found.name, label, before, found.number, actor, reason, None, entry.number)


def find_champion(name: str, versions: Versions | None = None) -> AdapterVersion | None:
    """The champion of ``base:adapter``, if there is one."""
    kept = versions or Versions()
    number = kept.labels(KIND, name).get(CHAMPION)
    return None if number is None else of_version(kept.resolve(KIND, f"{name}@{number}"), kept)


def stood_on(history: tuple[LabelMove, ...]) -> list[int]:
    """Where a name stands and where it stood before, the newest first, as rollbacks go.

    A rollback takes away what it came back from: 1, 2, 3, back, is 2, 1. What was promoted after is
    put on top. A name that was taken off has nothing before it.
    """
    stack: list[int] = []
    for move in history:
        if move.to_number is None:
            stack = []
        elif move.reason.startswith(_BACK):
            while stack and stack[-1] != move.to_number:
                stack.pop()
            stack = stack or [move.to_number]
        elif not stack or stack[-1] != move.to_number:
            stack.append(move.to_number)
    return stack[::-1]


def _move(
    versions: Versions,
    to: AdapterVersion,
    label: str,
    actor: str,
    reason: str,
    expected: int | None = None,
) -> LabelMove:
    return versions.move_label(
        KIND, to.full_name, label=label, actor=actor, reason=reason, expected_number=expected
    )


def _end_trial(versions: Versions, name: str, label: str = CHAMPION) -> str | None:
    """Take away the trial on a name that moves; its identity if there was one."""
    trial = find_trial(name, label, versions.database)
    if trial is None:
        return None
    remove_trial(trial, versions.database)
    return trial.identity


def _verify(found: AdapterVersion) -> None:
    _require_files(found)
    base, _, adapter = found.name.partition(":")
    read_record(folder_of(base, adapter, found.number))


def _require_files(found: AdapterVersion) -> None:
    base, _, adapter = found.name.partition(":")
    if not folder_of(base, adapter, found.number).is_dir():
        raise NotFoundError(
            f"the files of {found.full_name} were removed: no name can stand on it",
            hint="workbench finetuning versions",
            noun="adapter",
        )


def _check_reason(reason: Any) -> None:
    if str(reason).startswith(_BACK):
        raise InputError(f"a reason cannot begin with {_BACK!r}", hint="say it in other words")
