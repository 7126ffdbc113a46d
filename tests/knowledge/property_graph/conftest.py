"""What the tests of property graphs share: a made graph."""

from __future__ import annotations

import pytest

from ..places import MakePlace, Place

DOCUMENTS = {
    "a.txt": "Jane Roe was president of Acme from 1990 to 1995. John Doe was president of Acme "
    "since 1995. Acme is located in Springfield.",
    "b.md": "# Ada\n\nAda Roe was born in London. The World Health Organization (WHO) is located "
    "in Geneva.\n\nLondon is located in England.",
    "c.txt": "Ada Roe was born in London.",
}


@pytest.fixture
def place(make_place: MakePlace) -> Place:
    """A place with made documents and their graph."""
    return make_place(DOCUMENTS)
