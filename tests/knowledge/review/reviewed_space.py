"""A made space with six open proposals: what the tests of the review page look at.

2 is in conflict with 3, which was merged; 4 has comments, findings and an objection; 5 can be
merged; 6 is long; the author of 7 was removed; 8 takes a page and a fact away.
"""

from __future__ import annotations

from workbench.identity.grants import Grants
from workbench.identity.passwords import Passwords
from workbench.identity.users import Users
from workbench.knowledge.shared.approval_rules import set_rule
from workbench.knowledge.shared.contents import Contents
from workbench.knowledge.shared.decisions import Decision
from workbench.knowledge.shared.landing import merge_proposal
from workbench.knowledge.shared.proposing import open_proposal
from workbench.knowledge.shared.reviewing import approve, ask_for_changes, comment
from workbench.knowledge.shared.space import Space
from workbench.knowledge.shared.statements import Statement

NAME = "ostra"
PEOPLE = {
    "ann": "contributor",
    "bob": "curator",
    "vera": "reviewer",
    "otto": "reader",
    "gone": "contributor",
}
OBSERVATORY = """# Ostra Observatory

The Ostra Observatory was founded by Maria Winkel in 1871.
It stands on the hill above the mill.

## Instruments

Its largest telescope was built in Tamber.
The dome was renewed in 1903.

## People

Maria Winkel led it until 1889.
Then came Tobias Renn.
"""
WINKEL = """# Maria Winkel

Maria Winkel was born in Ostra in 1834.
She studied in Tamber.
"""
MILL = "# The mill\n\nThe mill of Ostra was closed in 1902.\n"
_REGISTER = "the baptismal register of Ostra, 1834"


def password_of(user: str) -> str:
    """The password of one of the people, long enough for the rules."""
    return f"{user} walks up the hill at dusk"


def said(subject: str, relation: str, thing: str, *sources: str, since: str = "") -> Statement:
    return Statement(subject, relation, thing, since or None, sources=sources)


BORN = said("Maria Winkel", "born_in", "Ostra", "page:people/winkel.md#born in Ostra")
STUDIED = said("Maria Winkel", "educated_at", "Tamber", "page:people/winkel.md#studied in Tamber")
EMPLOYED = said("Maria Winkel", "employer", "Tamber")


def first_contents() -> Contents:
    pages = {"observatory.md": OBSERVATORY, "people/winkel.md": WINKEL, "mill.md": MILL}
    founded = said(
        *("Ostra Observatory", "founded_by", "Maria Winkel"),
        "page:observatory.md#founded by Maria Winkel",
    )
    stands = said("Ostra Observatory", "located_in", "Ostra", "page:observatory.md")
    contents = Contents()
    for path, text in pages.items():
        contents = contents.with_page(path, text)
    for each in (founded, stands, BORN, STUDIED):
        contents = contents.with_statement(each)
    return contents


def changed(contents: Contents, path: str, old: str, new: str) -> Contents:
    """The contents with words of a page replaced."""
    found = contents.page_at(path)
    assert found is not None and old in found[1].text
    return contents.with_page(path, found[1].text.replace(old, new))


def propose(space: Space, contents: Contents, title: str, by: str, **more: str) -> int:
    return open_proposal(space, contents, title=title, by=by, **more).number


def make_space() -> Space:
    """People with passwords, and a space that asks for one approval."""
    for name, role in PEOPLE.items():
        Users().add(name)
        Grants().give(name, role, space=f"/knowledge/{NAME}")
        Passwords().set(name, password_of(name))
    space = Space(NAME)
    space.begin()
    first = propose(space, first_contents(), "What we know of Ostra", "ann")
    merge_proposal(space, first, by="bob")
    set_rule(space, approvals=1, by=None)
    _two_that_meet(space)
    _one_in_trouble(space)
    _four_others(space)
    return space


def _two_that_meet(space: Space) -> None:
    """Both change a line, rename a page and say where somebody died; one is merged."""
    base, at = space.contents(), space.head
    one = changed(base, "observatory.md", "in 1871.", "in the autumn of 1872.")
    one = changed(one, "mill.md", "1902", "1903").with_renamed("mill.md", "places/mill.md")
    died = said("Maria Winkel", "died_in", "Tamber", "page:observatory.md#autumn")
    propose(space, one.with_statement(died), "The founding, by the town's records", "ann", base=at)
    other = changed(base, "observatory.md", "in 1871.", "in 1871, on the first of May.")
    other = other.with_renamed("mill.md", "buildings/mill.md")
    died = said("Maria Winkel", "died_in", "Ostra", "page:people/winkel.md")
    number = propose(
        space, other.with_statement(died), "The day of the founding", "vera", base=at
    )  # fmt: skip
    approve(space, number, by="bob")
    merge_proposal(space, number, by="bob")


def _one_in_trouble(space: Space) -> None:
    more = "in Tamber, and taught there.\nHer letters are kept in Ostra.\n\n#### Letters"
    contents = changed(space.contents(), "people/winkel.md", "in Tamber.", more)
    contents = contents.with_statement(EMPLOYED)
    contents = contents.with_statement(
        said(BORN.subject, BORN.relation, BORN.object, *BORN.sources, _REGISTER)
    )
    one = Decision("pair", ("Maria Winkel", "M. Winkel"), "one", "one signature")
    number = propose(
        *(space, contents.with_decision(one), "Maria Winkel's years in Tamber", "ann"),
        words="From her letters of 1858.",
    )
    which = "Which of the letters says so?"
    comment(space, number, which, page="people/winkel.md", line=4, by="vera")
    town = "Is the town the employer, or its school?"
    comment(space, number, town, statement=EMPLOYED.key, by="bob")
    ask_for_changes(space, number, "name the letters as sources", by="vera")


def _four_others(space: Space) -> None:
    base = space.contents()
    page = "# Tobias Renn\n\nTobias Renn led the observatory from 1889.\n"
    led = said("Tobias Renn", "employer", "Ostra Observatory", "page:people/renn.md#led",
               since="1889")  # fmt: skip
    contents = base.with_page("people/renn.md", page).with_statement(led)
    approve(space, propose(space, contents, "Tobias Renn", "ann"), by="vera")
    lines = [f"{1870 + n // 12}-{n % 12 + 1:02d}: {17 + n * 7 % 90} nights\n" for n in range(600)]
    long = base.with_page("nights.md", "# Nights\n\n" + "".join(lines))
    propose(space, long, "The list of nights", "vera")
    never = changed(base, "observatory.md", "The dome was renewed in 1903.\n", "")
    propose(space, never, "The dome was never renewed", "gone")
    Users().remove("gone")
    without = base.without_page("buildings/mill.md").without_statement(STUDIED.key)
    propose(space, without, "What nobody can source", "vera")
