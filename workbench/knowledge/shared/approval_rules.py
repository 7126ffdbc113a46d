"""What a space asks of a proposal before it may be merged: approvals and checks, by path."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from workbench.core.errors import AccessError, InputError
from workbench.identity.users import LOCAL

from .checks import CHECKS, Finding
from .events import Event
from .pages import check_path
from .proposals import Proposal
from .space import By, Space

MOST_APPROVALS = 20
# A repository says of anybody what its writer likes; names there need not be these users either.
_IMPORTED = "it came with an import, and nobody gave it here"


@dataclass(frozen=True)
class ApprovalRule:
    """What is asked within a path; the narrowest around a page decides, as with roles.

    Attributes:
        path: A page or a folder of pages; empty for the whole space, and what is stated there.
        approvals: By so many others.
        checks: Findings of these hold up a merge.
    """

    path: str = ""
    approvals: int = 0
    checks: tuple[str, ...] = ("sources", "contradictions")


def set_rule(
    space: Space, *, path: str = "", approvals: int, checks: Iterable[str] | None = None, by: By
) -> ApprovalRule:
    """Set what is asked within a path, in place of what was.

    Raises:
        AccessError: Who asks may not administer it.
        InputError: The number or the path is none, or there is no such check.
    """
    actor = space.require(by, "administer", [path])
    rule = made_rule(path, approvals, ApprovalRule.checks if checks is None else checks)
    with space.changing():
        space.head  # noqa: B018 - the space must be there
        space.add_event(
            "ruled", actor, path=rule.path, approvals=rule.approvals, checks=list(rule.checks)
        )
    return rule


def made_rule(path: str, approvals: int, checks: Iterable[str]) -> ApprovalRule:
    """A rule. Raises InputError if the number or the path is none, or there is no such check."""
    named = tuple(sorted(set(checks)))
    if not 0 <= approvals <= MOST_APPROVALS:
        raise InputError(f"{approvals} approvals cannot be asked: 0 to {MOST_APPROVALS}")
    if unknown := [each for each in named if each not in CHECKS]:
        raise InputError(f"no check is named {unknown[0]!r:.80}", hint=", ".join(CHECKS))
    return ApprovalRule(check_path(path) if path else "", approvals, named)


def rules_of(events: Iterable[Event]) -> dict[str, ApprovalRule]:
    """The rules in force by their paths; that of the whole space is always there."""
    found = {"": ApprovalRule()}
    for each in events:
        if each.kind == "ruled":
            said = {**each.data, "checks": tuple(each.data["checks"])}
            found[each.data["path"]] = ApprovalRule(**said)
    return found


def rule_for(rules: dict[str, ApprovalRule], paths: Iterable[str]) -> ApprovalRule:
    """What is asked of a proposal that touches some pages: the most that any of them asks."""
    held = [_narrowest(rules, path) for path in paths] or [rules[""]]
    checks = sorted({check for each in held for check in each.checks})
    strictest = max(held, key=lambda each: each.approvals)
    return ApprovalRule(strictest.path, strictest.approvals, tuple(checks))


def counted_approvals(space: Space, proposal: Proposal, paths: Iterable[str]) -> list[str]:
    """Who has approved what is proposed now and counts: may still approve, and wrote none of it."""
    return sorted(who for who, why in judged_approvals(space, proposal, paths).items() if not why)


def judged_approvals(space: Space, proposal: Proposal, paths: Iterable[str]) -> dict[str, str]:
    """Who has approved what is proposed now, and why each does not count; empty where it does."""
    touched = sorted({*paths}) or [""]
    given = [each for each in proposal.approvals if each.record == proposal.head]
    elsewhere = space.shelf.imported() if given else 0
    return {
        each.user: _IMPORTED
        if each.number <= elsewhere
        else _why_not(space, proposal, each.user, touched)
        for each in given
    }


def _why_not(space: Space, proposal: Proposal, user: str, touched: list[str]) -> str:
    if user == LOCAL:
        return "this machine's own user is nobody in particular"
    if user in proposal.writers:
        return f"{user!r} wrote some of it"
    for path in touched:
        found = space.grants.decide(user, "approve", space=space.place(path))
        if not found.allowed:
            return found.said
    return ""


def require_approvals(space: Space, proposal: Proposal, paths: Iterable[str]) -> None:
    """Raise AccessError unless a proposal has what its rule asks."""
    touched = list(paths)
    rule = rule_for(rules_of(space.shelf.events(kinds=("ruled",))), touched)
    given = counted_approvals(space, proposal, touched)
    if len(given) < rule.approvals:
        judged = judged_approvals(space, proposal, touched)
        listed = f" ({', '.join(given)})" if given else ""
        raise AccessError(
            f"proposal {proposal.number} has {counted(len(given), 'approval')} that "
            f"count{'s' if len(given) == 1 else ''}{listed}, and "
            f"{rule.path or 'the space'} asks for {rule.approvals}"
            + "".join(
                f"; that of {who} does not count: {why}" for who, why in judged.items() if why
            ),
            hint=f"workbench knowledge approve {space.name} {proposal.number}",
            reason="approvals",
        )
    for who, why in proposal.objections.items():
        if who != LOCAL and not space.may(who, "review", touched):  # he was removed, or shut out
            continue
        raise AccessError(
            f"{who!r} asks for changes to proposal {proposal.number}: {why}",
            hint="a revision alone does not answer it: have him look again and approve it, or take "
            f"it back; an administrator can dismiss it with a reason: workbench knowledge "
            f"proposals dismiss {space.name} {proposal.number} --of {who}",
            reason="objection",
        )


def counted(number: int, what: str) -> str:
    """So many of something.

    >>> counted(1, "approval"), counted(2, "approval")
    ('1 approval', '2 approvals')
    """
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def blocking(findings: Iterable[Finding], rule: ApprovalRule) -> list[Finding]:
    """The findings that hold up a merge under a rule."""
    return [each for each in findings if each.check in rule.checks and not each.is_closed]


def _narrowest(rules: dict[str, ApprovalRule], path: str) -> ApprovalRule:
    while path not in rules:
        path = path.rpartition("/")[0]
    return rules[path]
