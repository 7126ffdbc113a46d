"""What a user can ask of retrieval."""

from __future__ import annotations

from typing import Annotated

import annotated_types as limits

from workbench.core.operations import operation
from workbench.knowledge.graphs import opened
from workbench.knowledge.indexes import EMBEDDER
from workbench.knowledge.states import State

from .questions import check_question
from .retriever import Asked, opened_retriever
from .telling import Retrieval


@operation("knowledge.retrieve", title="Retrieve what bears on a question", produces="retrieval")
def retrieve(
    name: str,
    question: str,
    *,
    strategy: Asked = "auto",
    limit: Annotated[int, limits.Ge(1)] = 10,
    embedder: str = EMBEDDER,
) -> Retrieval:
    """Find the passages that answer a question, by which way, and whether they are enough.

    Words, meaning, names and the graph are asked; a question of several hops gets a path from one
    passage to the next, a global one the communities of the graph that it is about. Where the
    evidence is thin it abstains, and still shows what it found.

    Args:
        name: The graph.
        question: A question in words.
        strategy: How it is answered; auto tells it from the question.
        limit: At most so many passages.
        embedder: The embedding model that tells meaning.
    """
    check_question(question)  # before the model is loaded
    with (
        opened(name) as graph,
        State(graph).frozen() as state,
        opened_retriever(state, embedder=embedder) as retriever,
    ):
        return retriever.retrieve(question, strategy=strategy, limit=limit)
