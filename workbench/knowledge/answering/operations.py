"""What a user can ask of answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from workbench.core import settings
from workbench.core.cancellation import check_cancelled
from workbench.core.operations import operation
from workbench.core.progress import progress
from workbench.knowledge.graphs import opened
from workbench.knowledge.indexes import EMBEDDER
from workbench.knowledge.retrieval.questions import check_question
from workbench.knowledge.retrieval.retriever import Asked, Retriever, opened_retriever
from workbench.knowledge.states import State
from workbench.models.loading import check_model_name, load

from .answers import Answer, Unsupported
from .asking import answer, find, kept_retrievers

_MOST_TOKENS = 120


@operation("knowledge.ask", title="Ask a knowledge graph", produces="answer")
def ask(
    name: str,
    question: str,
    *,
    model: str | None = None,
    quote: bool = False,
    strategy: Asked = "auto",
    unsupported: Unsupported = "remove",
    embedder: str = EMBEDDER,
) -> Answer:
    """Answer a question from a graph's documents; each sentence cites the spans that say so.

    A language model phrases. A sentence that no document supports is removed, and documents are
    quoted where nothing is left. Where the evidence is too thin it does not answer.

    Args:
        name: The graph.
        question: A question in words.
        model: Who phrases; by default the home's model.
        quote: Ask no model: quote the documents.
        strategy: How it is looked for; auto tells it from the question.
        unsupported: What becomes of a sentence that no document supports: remove it, or mark it.
        embedder: The embedding model that tells meaning.
    """
    check_question(question)  # before the model is loaded
    chosen = model or str(settings.get("model"))
    if model is not None and not quote:
        check_model_name(model)  # also where nothing is left to be phrased
    with progress("Looking for what bears on it"), _retriever(name, embedder) as retriever:
        check_cancelled()
        found = find(retriever, question, strategy=strategy)
    check_cancelled()
    if quote or found.why_not is not None or found.retrieval.communities:
        return answer(found, None)
    with progress(f"Having {chosen} phrase it"), load(chosen) as loaded:
        return answer(
            found,
            lambda messages: loaded.chat(messages, temperature=0.0, max_tokens=_MOST_TOKENS).text,
            model=chosen,
            unsupported=unsupported,
        )


@contextmanager
def _retriever(name: str, embedder: str) -> Iterator[Retriever]:
    """The one that this process keeps, as long as its graph is as it was; another embedder's is
    made for this question."""
    if embedder == EMBEDDER:
        with kept_retrievers().borrow(name) as kept:
            yield kept
        return
    with (
        opened(name) as graph,
        State(graph).frozen() as state,
        opened_retriever(state, embedder=embedder) as made,
    ):
        yield made
