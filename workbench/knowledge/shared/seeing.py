"""A proposal for one person: to who may not read all that it touches, it is not there."""

from __future__ import annotations

from .activity.feed import require_proposal
from .activity.happenings import Happenings
from .proposals import Proposal, find_proposal
from .space import By, Space


def seen_proposal(space: Space, number: int, by: By) -> Proposal:
    """One proposal, as ``find_proposal``, if he may see it.

    Raises:
        AccessError: He may read nothing of the space, was shut out or is not known here.
        NotFoundError: There is none of that number, or one that touches a page which is closed to
            him: both are told in the same words, without a count.
    """
    if by is not None:
        require_proposal(Happenings(space, by), number)
    return find_proposal(space, number)
