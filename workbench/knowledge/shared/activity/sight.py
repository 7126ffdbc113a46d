"""What one reader may see of a space: his roles are read once, then asked of each page."""

from __future__ import annotations

from functools import lru_cache

from workbench.identity.deciding import decide
from workbench.identity.scopes import SignedIn
from workbench.identity.users import LOCAL
from workbench.identity.verbs import Verb
from workbench.knowledge.shared.space import By, Space


class Sight:
    """What somebody may do in a space, at one moment.

    Args:
        space: The space.
        by: Who; None is this machine, which may all.

    Raises:
        AccessError: He is not known here, was shut out, or may read nothing of the space.
    """

    def __init__(self, space: Space, by: By) -> None:
        self.space = space
        self.user = LOCAL if by is None else by if isinstance(by, str) else by.user
        self.by = by
        self._scopes = by.scopes if isinstance(by, SignedIn) else None
        self._roles: dict[str, str] | None = None
        self.may = lru_cache(maxsize=None)(self._may)
        if by is None:
            return
        whole = space.grants.decide(by, "read", space=space.path)
        self.user = whole.user
        self._roles = {each.space: each.role for each in space.grants.list(user=self.user)}
        if whole.reason == "user" or not (whole.allowed or self.pages()):
            whole.require()

    @property
    def sees_all(self) -> bool:
        """Whether it is this machine's own user, of whom no role is asked."""
        return self._roles is None

    def _may(self, path: str, verb: Verb = "read") -> bool:
        """Whether he may, in a page or, by the empty path, in the space itself."""
        return self.may_at(self.space.place(path), verb)

    def may_at(self, place: str, verb: Verb) -> bool:
        """Whether he may in a place such as ``/knowledge/leads``."""
        if self._roles is None:
            return True
        asked = {"space": place, "user": self.user, "scopes": self._scopes}
        return decide(self._roles, verb, **asked).allowed  # type: ignore[arg-type]

    def pages(self) -> list[str]:
        """The paths of the pages that are agreed on and that he may read."""
        paths = (page.path for page in self.space.contents().pages.values())
        return sorted(path for path in paths if self.may(path))
