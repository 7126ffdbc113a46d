"""Spaces: the places that a role is granted for, as paths.

``/`` is everything, ``/knowledge/leads`` the knowledge base *leads*, ``/notebooks/a.ipynb`` one
notebook. A path is compared name by name: ``/a`` is around ``/a/b`` and not around ``/ab``.
"""

from __future__ import annotations

import re
import unicodedata
from difflib import get_close_matches

from workbench.core.errors import InputError

EVERYTHING = "/"
PLACES = ("knowledge", "notebooks")  # what spaces begin with that the rooms ask about
MOST_SPACE_CHARS = 1000
_ENCODED = re.compile(r"%[0-9A-Fa-f]{2}")
_HINT = "name it from the root with single slashes, as in /knowledge/leads"


def check_space(text: str) -> str:
    """The one form of a space's name: NFC, without a slash at its end.

    Two names of one file would be two spaces, and a grant that shuts one would leave the other
    open. So what can be written in several ways is refused rather than put right. Letters' case
    counts: who asks gives a file's name as it is stored.

    Raises:
        InputError: It does not begin at the root, has an empty name, ``.`` or ``..``, a backslash,
            an encoded character (``%2e``) or one that cannot be shown, or is too long.
    """
    space = unicodedata.normalize("NFC", text)
    if not space.endswith("//") and space != EVERYTHING:
        space = space.removesuffix("/")
    names = space.split("/")[1:] if space != EVERYTHING else []
    if not space.startswith("/"):
        raise InputError(f"the space {text!r:.200} does not begin with a slash", hint=_HINT)
    if len(space) > MOST_SPACE_CHARS:
        raise InputError(f"the space has {len(space)} characters; it may have {MOST_SPACE_CHARS}")
    if any(name in ("", ".", "..") or name != name.strip() for name in names):
        raise InputError(
            f"the space {text!r:.200} has a name that is empty, . or .., or has blanks about it",
            hint=_HINT,
        )
    if "\\" in space or not space.isprintable() or _ENCODED.search(space):
        raise InputError(
            f"the space {text!r:.200} has a backslash, an encoded character, or one that cannot be "
            "shown",
            hint="decode it first",
        )
    return space


def unknown_place(space: str) -> str:
    """What is to be said of a space that begins with a name which nothing here asks of; or ''."""
    place = space.split("/")[1]
    if not place or place in PLACES:
        return ""
    near = get_close_matches(place.lower(), PLACES, 1)
    asked = " and ".join(f"/{each}" for each in PLACES)
    other = f"; is /{'/'.join([near[0], *space.split('/')[2:]])} meant?" if near else ""
    return f"nothing of Workbench asks for roles in /{place}, only in {asked}{other}"


def around(space: str) -> tuple[str, ...]:
    """A space and all that it lies in, the narrowest first; ``/`` is the last."""
    found = [space]
    while space != EVERYTHING:
        space = space.rpartition("/")[0] or EVERYTHING
        found.append(space)
    return tuple(found)


def is_inside(space: str, other: str) -> bool:
    """Whether a space is another one, or lies in it."""
    return other == EVERYTHING or space == other or space.startswith(f"{other}/")
