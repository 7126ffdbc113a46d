"""What a user can ask of a space's activity: feed, watches, digest, contributions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import annotated_types as limits

from workbench.core.errors import InputError
from workbench.core.moments import moment_s
from workbench.core.operations import operation
from workbench.core.viewers import Viewable
from workbench.knowledge.shared.opening import opened_space
from workbench.knowledge.states import told_time

from .contributions import Contributions, Period, contributions
from .digests import LEAST_LINES, LINES, Digest, digest
from .feed import MOST_SHOWN, Feed, Filter, activity
from .happenings import Happenings, Kind
from .watches import Wanted, Watches, WatchKind

Number = Annotated[int, limits.Ge(1)]


@dataclass(frozen=True)
class Watched(Viewable):
    """What is watched, and since when."""

    name: str
    user: str
    kind: WatchKind
    what: str
    since: str


@operation("knowledge.activity", title="Who did what", produces="table")
def show_activity(
    name: str,
    *,
    person: str | None = None,
    page: str | None = None,
    proposal: Number | None = None,
    kind: Kind | None = None,
    since: str | None = None,
    before: str | None = None,
    limit: Annotated[int, limits.Ge(1), limits.Le(MOST_SHOWN)] = 20,
    user: str | None = None,
) -> Feed:
    """Show who did what when to which page, fact or proposal, and whose roles changed; the newest
    first.

    Args:
        name: The space.
        person: Only what this one did.
        page: Only what is about this page, or pages in this folder.
        proposal: Only what is about this proposal.
        kind: Only what was done so; role is a change of somebody's role.
        since: Not before: 2026-11-25, 24h, 7d, today.
        before: Go on where a page of the feed ended; its end says where.
        limit: At most so many.
        user: Who asks; his roles decide what he sees. By default this machine's own user.
    """
    asked = Filter(person, page, proposal, kind, None if since is None else _moment_us(since))
    with opened_space(name) as space:
        return activity(space, asked=asked, before=before, limit=limit, by=user)


@operation("knowledge.watch", title="Watch something", produces="watch")
def watch(
    name: str,
    *,
    page: str | None = None,
    entity: str | None = None,
    proposal: Number | None = None,
    user: str | None = None,
) -> Watched:
    """Watch a page, an entity, a proposal, or without any of them the whole space, for the digest.

    Args:
        name: The space.
        page: A page; it stays watched when it is renamed.
        entity: A name that statements or decisions are about.
        proposal: A proposal.
        user: Who watches; his roles decide. By default this machine's own user.
    """
    wanted = Wanted(page, entity, proposal)
    with opened_space(name) as space:
        made = Watches().watch(space, wanted, by=user)
        return Watched(name, user or "local", made.kind, made.what, told_time(made.since_us))


@operation("knowledge.unwatch", title="Watch something no longer", produces="watch")
def unwatch(
    name: str,
    *,
    page: str | None = None,
    entity: str | None = None,
    proposal: Number | None = None,
    user: str | None = None,
) -> Watched:
    """Watch a page, an entity, a proposal, or the whole space no longer.

    Args:
        name: The space.
        page: The page, as it is named now.
        entity: The name.
        proposal: The proposal.
        user: Who watched it.
    """
    wanted = Wanted(page, entity, proposal)
    with opened_space(name) as space:
        gone = Watches().unwatch(space, wanted, by=user)
        return Watched(name, user or "local", gone.kind, gone.what, told_time(gone.since_us))


@operation("knowledge.watching", title="List what is watched", produces="table")
def watching(name: str, *, user: str | None = None) -> list[Watched]:
    """List what somebody watches in a space, as far as he may still see it.

    Args:
        name: The space.
        user: Who.
    """
    with opened_space(name) as space, space.shelf.snapshot():
        found = Watches().of(Happenings(space, user))
    who = user or "local"
    return [Watched(name, who, each.kind, each.what, told_time(each.since_us)) for each in found]


@operation("knowledge.digest", title="What happened of what is watched", produces="digest")
def show_digest(
    name: str,
    *,
    since: str | None = None,
    lines: Annotated[int, limits.Ge(LEAST_LINES), limits.Le(MOST_SHOWN)] = LINES,
    own: bool = False,
    seen: bool = False,
    user: str | None = None,
) -> Digest:
    """Tell what happened of what somebody watches since he was last told, as Markdown.

    Args:
        name: The space.
        since: Since then, in place of since he was last told: 2026-11-25, 24h, 7d, today.
        lines: At most so many lines.
        own: Also what he did himself.
        seen: Keep that he was told; otherwise the next digest tells it again.
        user: Whose; his roles decide what he sees.
    """
    since_us = None if since is None else _moment_us(since)
    with opened_space(name) as space:
        return digest(
            space, Watches(), since_us=since_us, most_lines=lines, own=own, mark=seen, by=user
        )


@operation("knowledge.contributions", title="Who contributed what", produces="table")
def show_contributions(
    name: str,
    *,
    per: Period = "month",
    since: str | None = None,
    until: str | None = None,
    user: str | None = None,
) -> Contributions:
    """Count by person and period what was proposed, merged and reviewed, and what of it stands.

    Lines and facts are those that stand now, of who wrote them; lines removed are those that do not
    stand in their page again.

    Args:
        name: The space.
        per: The periods, in UTC: all, year, month or week.
        since: Only what was done since then: 2026-11-25, 24h, 7d, today.
        until: Only what was done before then.
        user: Who asks; what he may not see is in no count.
    """
    bounds = [None if each is None else _moment_us(each) for each in (since, until)]
    if bounds[0] is not None and bounds[1] is not None and bounds[0] >= bounds[1]:
        raise InputError(f"nothing is since {since} and before {until}", hint="exchange the two")
    with opened_space(name) as space:
        return contributions(space, per=per, since_us=bounds[0], until_us=bounds[1], by=user)


def _moment_us(text: str) -> int:
    try:
        return round(moment_s(text) * 1e6)
    except OverflowError:
        raise InputError(f"{text!r:.80} is no time that a clock tells") from None
