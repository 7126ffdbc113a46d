"""Who was something is not who is: the times of what sentences tell, and which of them answer."""

from __future__ import annotations

import pytest

from workbench.knowledge.retrieval import told_outright as told_module
from workbench.knowledge.retrieval.asked_for import read_asked_for
from workbench.knowledge.retrieval.lines import Line, lines_of
from workbench.knowledge.retrieval.said import Said
from workbench.knowledge.retrieval.tenures import Tenure, read_tenure
from workbench.knowledge.retrieval.told_outright import told_outright

NOW = "Who is the warden of Tolm?"
TENURES = {
    "From 1988 to 2004 Ida Roe was warden of Tolm.": Tenure(1988, 2004, over=True),
    "Between 1988 and 1994 Ida Roe was warden of Tolm.": Tenure(1988, 1994, over=True),
    "Ida Roe served as warden of Tolm 1988-94.": Tenure(1988, 1994, over=True),
    "Ida Roe was the warden of Tolm until she retired in 2008.": Tenure(None, 2008, over=True),
    "Ida Roe, the warden of Tolm, died in 1932.": Tenure(None, 1932, over=True),
    "Ida Roe is a former warden of Tolm.": Tenure(over=True),
    "Ida Roe was warden of Tolm.": Tenure(over=True),
    "In 1990 the warden of Tolm was Ida Roe.": Tenure(1990, 1990, over=True),
    "Ida Roe has been warden of Tolm since 2004.": Tenure(2004),
    "Ida Roe was appointed warden of Tolm in 2004.": Tenure(2004),
    "Ida Roe became warden of Tolm in 2004.": Tenure(2004),
    "Ida Roe, who was in Ulm from 1988 to 2004, is the warden of Tolm.": Tenure(),
}
OFFICES = (
    "Tolm Library\n\nThe Tolm Library is a library. From 1988 to 2004 Ida Roe was head keeper of "
    "the Tolm Library. Otto Venn has been its head keeper since 2004. Ada Holm was the binder of "
    "the Tolm Library until 1999. The architect of the Tolm Library was Max Lund."
)


@pytest.mark.parametrize(("sentence", "tenure"), TENURES.items())
def test_when_it_held_and_whether_it_is_over(sentence: str, tenure: Tenure) -> None:
    said = Said(Line(sentence, 0, len(sentence)))
    assert read_tenure(read_asked_for(NOW), said) == tenure
    assert read_tenure(read_asked_for("Who is Tolm's warden?"), said) == tenure


def test_what_somebody_is_for_good_is_never_over() -> None:
    sentence = "The architect of Tolm was Max Lund."
    asked = read_asked_for("Who is the architect of Tolm?")
    assert read_tenure(asked, Said(Line(sentence, 0, len(sentence)))) == Tenure()


def who(question: str) -> list[str]:
    title = "Tolm Library"
    lines = [Said(each, 0, title) for each in lines_of(OFFICES, title)]
    names = ("Ida Roe", "Otto Venn", "Ada Holm", "Max Lund")
    told = told_outright(question, lines).lines
    return [name for each in told for name in names if name in each.line.text]


ASKED = {
    "Who is head keeper of the Tolm Library?": ["Otto Venn"],
    "Who is the Tolm Library's head keeper?": ["Otto Venn"],
    "Who was head keeper of the Tolm Library in 1995?": ["Ida Roe"],
    "Who was head keeper of the Tolm Library in 2010?": ["Otto Venn"],
    "Who was head keeper of the Tolm Library in 1980?": [],
    "Who is the binder of the Tolm Library?": ["Ada Holm"],
    "Who is the architect of the Tolm Library?": ["Max Lund"],
}


@pytest.mark.parametrize(("question", "names"), ASKED.items())
def test_who_holds_it_when_it_is_asked_for(question: str, names: list[str]) -> None:
    assert who(question) == names


def test_without_times_the_past_is_told_as_present(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(told_module, "in_time", lambda _, told: list(told))
    assert "Ida Roe" in who("Who is head keeper of the Tolm Library?")
