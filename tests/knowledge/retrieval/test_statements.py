"""What sentences say of a question: more than the words of a passage, on passages made for it."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sparse

from workbench.knowledge.retrieval.pairs import NO_BRIDGE, Pair
from workbench.knowledge.retrieval.passage_graph import PassageGraph
from workbench.knowledge.retrieval.passage_words import PassageWords
from workbench.knowledge.retrieval.plans import Plan
from workbench.knowledge.retrieval.questions import read_question
from workbench.knowledge.retrieval.related_words import begin_alike, related
from workbench.knowledge.retrieval.statements import (
    PATH_FEATURES,
    SENTENCE_FEATURES,
    Statements,
    path_features,
    sentence_features,
)
from workbench.knowledge.retrieval.words import stem

PASSAGES = {
    "Ostra": "She was a town of painters. Its bridge was built in 1871 by Ada Brandt.",
    "Merrow": "It has no bridge. Ada Brandt died there. A mill was built in the harbour.",
    "Ada Brandt": "She was born in Velm. Her operas are sung in Ostra.",
    "Velm": "It is a village in the Grey Hills. It lies 412 metres above the sea.",
}
TITLES = tuple(PASSAGES)


def make_graph(texts: tuple[str, ...]) -> PassageGraph:
    """Passages with titles, without entities."""
    none = sparse.csr_matrix((len(texts), 0))
    return PassageGraph(
        TITLES, TITLES, (), none, none, np.zeros((0, 3), dtype=np.int64), (), PassageWords.of(texts)
    )


@pytest.fixture(scope="module")
def graph() -> PassageGraph:
    return make_graph(tuple(f"{title}\n\n{text}" for title, text in PASSAGES.items()))


def single(question: str, graph: PassageGraph, *titles: str) -> dict[str, float]:
    passages = [TITLES.index(title) for title in titles]
    statements = Statements(read_question(question, graph), graph)
    found = sentence_features(statements, passages, dict.fromkeys(passages, 0.5))
    return dict(zip(SENTENCE_FEATURES, found, strict=True))


def path(question: str, graph: PassageGraph, *titles: str) -> dict[str, float]:
    pair = Pair(TITLES.index(titles[0]), TITLES.index(titles[1]), NO_BRIDGE)
    statements = Statements(read_question(question, graph), graph)
    return dict(zip(PATH_FEATURES, path_features(statements, Plan((pair,), (0.9,))), strict=True))


def test_related_words_are_found_by_class_and_by_how_they_begin() -> None:
    words = PassageWords.of(["Birthplace of an inventor", "The depth", "An invention of 18720"])
    found = {each: related(stem(each), words) for each in ("born", "deep", "invented", "bread")}
    stems = {each: {words.stems[number] for number in numbers} for each, numbers in found.items()}
    assert stem("birthplace") in stems["born"]
    assert stem("depth") in stems["deep"]
    assert {stem("inventor"), stem("invention")} <= stems["invented"]
    assert stems["bread"] == set()
    assert begin_alike("compos", "composer")
    assert not begin_alike("comma", "composer")
    assert related("1872", words) == {}  # a number is never nearly another


def test_one_sentence_says_what_words_here_and_there_do_not(graph: PassageGraph) -> None:
    question = "In what year did Ada Brandt build the bridge?"
    stated, scattered = (single(question, graph, title) for title in ("Ostra", "Merrow"))
    assert stated["said"] > scattered["said"] + 0.15
    assert (stated["said_kind"], scattered["said_kind"]) == (1.0, 0.0)
    assert stated["said_rarest_missing"] < scattered["said_rarest_missing"]
    assert single(question, graph, *TITLES)["said"] == pytest.approx(stated["said"])
    # Broken: passages read as one sentence, as a bag of words, say nearly as much either way.
    bags = [text.replace(".", "") for text in PASSAGES.values()]
    bag = make_graph(tuple(f"{title}\n\n{text}" for title, text in zip(TITLES, bags, strict=True)))
    apart = [single(question, bag, title)["said_rest"] for title in ("Ostra", "Merrow")]
    whole = [each["said_rest"] for each in (stated, scattered)]
    assert apart[0] - apart[1] < whole[0] - whole[1] - 0.1


def test_a_title_stands_for_the_pronoun_of_its_passage(graph: PassageGraph) -> None:
    found = single("In which village was Ada Brandt born?", graph, "Ada Brandt")
    assert (found["said_names"], found["said_title"]) == (1.0, 1.0)
    assert single("In which village was Ada Brandt born?", graph, "Velm")["said_names"] == 0.0


def test_a_second_sentence_that_does_not_tell_is_noticed(graph: PassageGraph) -> None:
    """The broken path has its second passage from elsewhere: nothing joins it, nor tells."""
    question = "How many metres above the sea lies the village where Ada Brandt was born?"
    right, broken = (path(question, graph, "Ada Brandt", each) for each in ("Velm", "Merrow"))
    assert (right["path_bridge"], broken["path_bridge"]) == (1.0, 1.0)  # Merrow names Ada Brandt
    assert right["path_said"] > broken["path_said"] + 0.2
    assert right["path_second_rest"] > broken["path_second_rest"] + 0.2
    assert (right["path_kind"], broken["path_kind"]) == (1.0, 0.0)
    assert right["path_gain"] > 0.2
    assert path(question, graph, "Ostra", "Velm")["path_bridge"] == 0.0


def test_nothing_known_says_nothing(graph: PassageGraph) -> None:
    found = single("Quixotic zyzzyva?", graph, "Ostra")
    assert found["said"] == 0.0
    assert path_features(Statements(read_question("Who?", graph), graph), Plan((), ())) == [
        0.0
    ] * len(PATH_FEATURES)
