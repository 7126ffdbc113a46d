"""What is denied, doubted, supposed or asked is no fact; what is said beside it is one."""

from __future__ import annotations

import functools

import pytest

from workbench.knowledge.extraction.dependency import rules
from workbench.knowledge.extraction.dependency.extractor import DependencyExtractor
from workbench.knowledge.extraction.protocol import Passage

Triple = tuple[str, str, str]
BORN = ("Karl Berg", "born_in", "Vienna")
DIED = ("Karl Berg", "died_in", "Vienna")
FOUNDED = ("Oslo University", "founded_by", "Karl Berg")
CAPITAL = ("Oslo", "capital_of", "Sweden")
MARRIED = ("Karl Berg", "spouse_of", "Mira Holm")
MEMBER = ("Karl Berg", "member_of", "Green Party")
PAINTER = ("Karl Berg", "is_a", "painter")
LIES = ("Oslo", "located_in", "Sweden")

NOT_SAID: tuple[tuple[str, Triple], ...] = (
    ("Karl Berg was not born in Vienna.", BORN),
    ("Karl Berg wasn't born in Vienna.", BORN),
    ("Karl Berg was never born in Vienna.", BORN),
    ("It is false that Karl Berg was born in Vienna.", BORN),
    ("It is not true that Karl Berg died in Vienna.", DIED),
    ("It is a myth that Karl Berg died in Vienna.", DIED),
    ("It is false that Karl Berg founded Oslo University.", FOUNDED),
    ("Oslo University was not founded by Karl Berg.", FOUNDED),
    ("She denied that Karl Berg was born in Vienna.", BORN),
    ("She doubted that Karl Berg was born in Vienna.", BORN),
    ("The mayor refuted the claim that Karl Berg was born in Vienna.", BORN),
    ("There is no evidence that Karl Berg was born in Vienna.", BORN),
    ("Nobody believes that Karl Berg was born in Vienna.", BORN),
    ("Allegedly Karl Berg died in Vienna.", DIED),
    ("Karl Berg allegedly died in Vienna.", DIED),
    ("Karl Berg was probably born in Vienna.", BORN),
    ("Perhaps Karl Berg died in Vienna.", DIED),
    ("Karl Berg possibly died in Vienna.", DIED),
    ("Karl Berg may have been born in Vienna.", BORN),
    ("Karl Berg might have died in Vienna.", DIED),
    ("Karl Berg could have been born in Vienna.", BORN),
    ("Karl Berg must have been born in Vienna.", BORN),
    ("Karl Berg was rumoured to have been born in Vienna.", BORN),
    ("Karl Berg is said to have died in Vienna.", DIED),
    ("Karl Berg was alleged to have died in Vienna.", DIED),
    ("Karl Berg is believed to have been born in Vienna.", BORN),
    ("Karl Berg is likely to have been born in Vienna.", BORN),
    ("It is said that Karl Berg was born in Vienna.", BORN),
    ("It has been claimed that Oslo University was founded by Karl Berg.", FOUNDED),
    ("Some say that Karl Berg was born in Vienna.", BORN),
    ("Karl Berg, it is said, was born in Vienna.", BORN),
    ("According to legend, Karl Berg was born in Vienna.", BORN),
    ("Legend has it that Karl Berg was born in Vienna.", BORN),
    ("The rumour that Karl Berg was born in Vienna was spread by his enemies.", BORN),
    ("If Karl Berg had died in Vienna, his papers would have been lost.", DIED),
    ("Had Karl Berg died in Vienna, his wife would have left Spain.", DIED),
    ("Karl Berg would have died in Vienna.", DIED),
    ("Unless Karl Berg was born in Vienna, the record is wrong.", BORN),
    ("They asked whether Karl Berg was born in Vienna.", BORN),
    ("Imagine that Karl Berg was born in Vienna.", BORN),
    ("Suppose that Karl Berg was born in Vienna.", BORN),
    ("Was Karl Berg born in Vienna?", BORN),
    ("Is Oslo the capital of Sweden?", CAPITAL),
    ("Neither Karl Berg nor Mira Holm was born in Vienna.", BORN),
    ("Oslo is neither the capital of Sweden nor of Denmark.", CAPITAL),
    ("Oslo is no longer the capital of Sweden.", CAPITAL),
    ("Oslo is not the capital of Sweden.", CAPITAL),
    ("Oslo does not lie in Sweden.", LIES),
    ("Karl Berg never married Mira Holm.", MARRIED),
    ("Karl Berg refused to marry Mira Holm.", MARRIED),
    ("Karl Berg failed to marry Mira Holm.", MARRIED),
    ("Karl Berg wanted to marry Mira Holm.", MARRIED),
    ("Karl Berg was never a member of the Green Party.", MEMBER),
    ("Karl Berg almost died in Vienna.", DIED),
    ("Karl Berg was born in Oslo, not in Vienna.", BORN),
    ("Karl Berg was not born in Vienna but in Oslo.", BORN),
    ("Karl Berg, who was not born in Vienna, founded Oslo University.", BORN),
    ("Karl Berg is not a painter.", PAINTER),
    ("Karl Berg is a poet, not a painter.", PAINTER),
    ("Karl Berg did not marry or found Oslo University.", FOUNDED),
    ("Karl Berg wasn't the founder of Oslo University.", FOUNDED),
    ("Rumours say Karl Berg was born in Vienna.", BORN),
    ("Some historians argue that Karl Berg was born in Vienna.", BORN),
    ("Tradition holds that Karl Berg was born in Vienna.", BORN),
    ("Karl Berg lied about being born in Vienna.", BORN),
    ("Whoever says that Karl Berg was born in Vienna is wrong.", BORN),
    ("It is disputed whether Karl Berg died in Vienna.", DIED),
    ("Karl Berg, allegedly a painter, died in Oslo.", PAINTER),
    ("No evidence shows that Karl Berg was born in Vienna.", BORN),
    ("Karl Berg was born either in Vienna or in Oslo.", BORN),
    ("Karl Berg was born in Oslo or Vienna.", BORN),
    ("Karl Berg was going to marry Mira Holm.", MARRIED),
    ("Oslo ceased to be the capital of Sweden.", CAPITAL),
    ("Oslo should be the capital of Sweden.", CAPITAL),
    ("Mira Holm, not Karl Berg, was born in Vienna.", BORN),
    ("Karl Berg was born in Oslo rather than Vienna.", BORN),
    ("Don't say that Karl Berg was born in Vienna!", BORN),
)
SAID: tuple[tuple[str, Triple], ...] = (
    ("Karl Berg was born in Vienna.", BORN),
    ("Karl Berg was born in Vienna and did not marry.", BORN),
    ("Karl Berg was born in Vienna, not in Oslo.", BORN),
    ("Karl Berg was not only born in Vienna but also died in Oslo.", BORN),
    ("Karl Berg was not rich but died in Vienna.", DIED),
    ("Karl Berg did not marry and died in Vienna.", DIED),
    ("Karl Berg would later die in Vienna.", DIED),
    ("It was not until 1900 that Karl Berg died in Vienna.", DIED),
    ("Karl Berg, who was born in Vienna, did not found Oslo University.", BORN),
    ("Karl Berg, who was not born in Vienna, founded Oslo University.", FOUNDED),
    ("Karl Berg, a painter, did not marry.", PAINTER),
    ("Karl Berg is a painter, not a poet.", PAINTER),
    ("She did not know that Karl Berg was born in Vienna.", BORN),
    ("It is known that Karl Berg was born in Vienna.", BORN),
    ("Karl Berg was born in Vienna, possibly in 1840.", BORN),
    ("After he had failed in Oslo, Karl Berg died in Vienna.", DIED),
    ("Although he never won a prize, Karl Berg founded Oslo University.", FOUNDED),
    ("Oslo is the capital of Sweden and may be visited by train.", CAPITAL),
    ("Karl Berg was a member of the Green Party, which was never large.", MEMBER),
)


@functools.cache
def told(filtered: bool) -> dict[str, set[Triple]]:
    """What is found in all sentences, read at once; ``filtered`` is part of the cache's key."""
    texts = list(dict.fromkeys(text for text, _ in (*NOT_SAID, *SAID)))
    read = DependencyExtractor().extract_many([Passage(text) for text in texts])
    return {
        text: {(text[slice(*one.subject)], one.relation, text[slice(*one.object)])
               for one in each.assertions}
        for text, each in zip(texts, read, strict=True)
    }  # fmt: skip


def without_the_filter(monkeypatch: pytest.MonkeyPatch) -> dict[str, set[Triple]]:
    """A broken variant: whatever a rule finds is taken for said."""
    with monkeypatch.context() as broken:
        broken.setattr(rules, "is_said", lambda found: True)
        return told(False)


@pytest.mark.parametrize(("text", "fact"), NOT_SAID)
def test_what_is_not_said_is_no_fact(text: str, fact: Triple) -> None:
    assert fact not in told(True)[text]


@pytest.mark.parametrize(("text", "fact"), SAID)
def test_what_is_said_beside_it_is_one(text: str, fact: Triple) -> None:
    assert fact in told(True)[text]


def test_without_the_filter_nearly_all_of_it_would_be_facts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken = without_the_filter(monkeypatch)
    wrong = [text for text, fact in NOT_SAID if fact in broken[text]]
    assert len(wrong) >= 0.85 * len(NOT_SAID)
