"""Who may reach what in JupyterLab's server: wants, and the one place that grants them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from workbench.core.errors import AccessError
from workbench.identity.grants import Grant, Grants
from workbench.identity.scopes import SignedIn
from workbench.identity.spaces import EVERYTHING, is_inside

from ..rights import Authority

FILES = "/notebooks"  # where the folder's files lie among the spaces
PAGES = "/knowledge"  # and the live pages that are no files
Runners = Literal["admin", "curator", "reviewer", "contributor"]
_MOST_OF: dict[str, str] = {
    "admin": "administer",
    "curator": "merge",
    "reviewer": "approve",
    "contributor": "edit",
}


@dataclass(frozen=True)
class Want:
    """One thing that a request comes to.

    ``reach`` is ``here`` (the space itself), ``see`` (it, or something in it), ``all`` (it, and
    whatever of the user's grants lies in it), or ``move`` (as ``all``; and where others' grants
    lie in it, to administer it, for they would be left behind).
    """

    verb: str
    space: str
    reach: Literal["here", "see", "all", "move"] = "here"


class Doorkeeper:
    """Decides for the requests of one server.

    Args:
        authority: Says who may do what in a space.
        runners: Whose role at ``/notebooks`` is enough to run code. Code does whatever the account
            may that the server runs as, so the default is who administers everything.
    """

    def __init__(self, authority: Authority, *, runners: Runners = "admin") -> None:
        self.authority = authority
        self._grants = Grants(authority.database)
        self._run = (_MOST_OF[runners], EVERYTHING if runners == "admin" else FILES)

    def may(self, signed: SignedIn, verb: str, space: str) -> bool:
        """Whether somebody may do something in a space now."""
        return self.authority.may(signed, space, verb)

    def sees(self, signed: SignedIn, space: str) -> bool:
        """Whether somebody may read a space or something in it."""
        if self.may(signed, "read", space):
            return True
        return any(self.may(signed, "read", grant.space) for grant in self._inside(signed, space))

    def may_run(self, signed: SignedIn) -> bool:
        """Whether somebody may run code here."""
        return self.may(signed, *self._run)

    def why_no_run(self, signed: SignedIn) -> str:
        """Why somebody may not run code here; empty if he may."""
        if self.may_run(signed):
            return ""
        verb, space = self._run
        return (
            f"{signed.user!r} may not run code: it could do whatever the account may that this "
            f"server runs as, so it takes who may {verb} in {space}"
        )

    def require_run(self, signed: SignedIn) -> None:
        """Raise AccessError unless somebody may run code here."""
        if why := self.why_no_run(signed):
            raise AccessError(
                why,
                hint="whoever started the server can say --runners contributor",
                reason="role",
            )

    def require(self, signed: SignedIn, want: Want) -> None:
        """Raise AccessError unless somebody may have what he wants now."""
        if want.reach == "see" and self.sees(signed, want.space):
            return
        self.authority.require(signed, want.space, want.verb)
        if want.reach in ("all", "move"):
            for grant in self._inside(signed, want.space):
                self.authority.require(signed, grant.space, want.verb)
        if want.reach == "move" and self._grants.list(space=want.space):
            self.authority.require(signed, want.space, "administer")

    def _inside(self, signed: SignedIn, space: str) -> list[Grant]:
        held = self._grants.list(user=signed.user)
        return [grant for grant in held if is_inside(grant.space, space)]
