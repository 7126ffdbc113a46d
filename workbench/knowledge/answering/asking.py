"""A question put to a graph, with whoever phrases the answer."""

from __future__ import annotations

import functools
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.cancellation import check_cancelled
from workbench.knowledge.graphs import opened
from workbench.knowledge.indexes import EMBEDDER
from workbench.knowledge.retrieval.keeping import stamp_of
from workbench.knowledge.retrieval.retriever import Asked, Retriever, read_kept
from workbench.knowledge.retrieval.telling import Retrieval
from workbench.knowledge.states import State
from workbench.models.loading import load
from workbench.models.model import Model
from workbench.models.plain_encoder import PlainEncoder, find_plain_encoder
from workbench.models.pool import current_pool
from workbench.models.protocol import EMBED

from .answers import Answer, Unsupported, abstain, compose, prompt_for, quoted
from .choosing import choose_notes
from .notes import Note
from .pronouns import lone_pronoun
from .quarrels import other_sides
from .remarks import sides_missing

if TYPE_CHECKING:
    import numpy as np

Phrase = Callable[[list[dict[str, str]]], str]
_PASSAGES = 10
_MOST_KEPT = 4  # graphs


@dataclass(frozen=True)
class Findings:
    """What an answer is made from: the notes are empty where it abstains.

    ``apart`` are those of them that the graph's facts say to contradict each other.
    """

    retrieval: Retrieval
    notes: tuple[Note, ...]
    apart: tuple[Note, ...] = ()

    @cached_property
    def lone(self) -> str | None:
        """A pronoun of the question that stands for nothing in it."""
        return lone_pronoun(self.retrieval.question)

    @cached_property
    def why_not(self) -> str | None:
        """Why there is no answer, if there is none."""
        if self.lone is not None:
            return (
                f"It is not said who or what {self.lone!r} is: each question is answered by itself,"
                " so name whom or what you mean."
            )
        if self.retrieval.strategy == "none":
            return f"This asks nothing that {self.retrieval.name} could say."
        if self.retrieval.abstained or not self.notes:
            missing = sides_missing(self.retrieval)
            it = f" it of {' and of '.join(missing)}" if missing else ""
            return f"{self.retrieval.name} does not say{it}, as far as can be told from it."
        return None


def find(retriever: Retriever, question: str, *, strategy: Asked = "auto") -> Findings:
    """What bears on a question.

    Raises:
        InputError: The question is empty.
    """
    retrieval = retriever.retrieve(question, strategy=strategy, limit=_PASSAGES)
    check_cancelled()
    bare = Findings(retrieval, ())
    if retrieval.abstained or retrieval.strategy == "none" or bare.lone is not None:
        return bare
    wrong = retriever.state.wrong_places
    notes = tuple(choose_notes(retrieval, retriever.embed_many, wrong=wrong))
    apart = other_sides(retriever.state, retrieval, quoted(retrieval, notes), notes)
    if apart:
        spans = {each.span for each in apart}
        notes = (*apart, *(each for each in notes if each.span not in spans))
    return Findings(retrieval, notes, apart)


def answer(
    findings: Findings,
    phrase: Phrase | None,
    *,
    model: str | None = None,
    unsupported: Unsupported = "remove",
) -> Answer:
    """The answer from what was found.

    Args:
        findings: See ``find``.
        phrase: Is given messages and says the model's reply; without it documents are quoted.
        model: Its name.
        unsupported: What becomes of its sentences that no note supports.
    """
    if findings.why_not is not None:
        nearest = findings.lone is None and findings.retrieval.strategy != "none"
        return abstain(findings.retrieval, why=findings.why_not, nearest=nearest)
    reply = None
    if phrase is not None and not findings.retrieval.communities:
        reply = phrase(prompt_for(findings.retrieval.question, findings.notes))
    return compose(
        findings.retrieval,
        findings.notes,
        reply,
        apart=findings.apart,
        model=model if reply is not None else None,
        unsupported=unsupported,
    )


@functools.cache
def kept_retrievers() -> KeptRetrievers:
    """Those of this process: of who asks here, and of the gateway in it."""
    return KeptRetrievers()


class KeptRetrievers:
    """Retrievers of a process that asks often: made once a state, with one embedder for all.

    It is borrowed from the pool that lends to the asker, within its budget of memory; where there
    is none, as outside of gateways, it is loaded here, without torch where it can be, and stays.

    Of more graphs than it keeps that goes which was asked longest ago.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[Path, tuple[str, Retriever]] = OrderedDict()
        self._embedder: Model | PlainEncoder | None = None
        self._lock = threading.Lock()

    @contextmanager
    def borrow(self, name: str) -> Iterator[Retriever]:
        """The retriever of a graph as it is now; one is used at a time.

        All that it is made from and all that it reads in the block is of one moment, whoever
        changes the graph meanwhile.

        Raises:
            NotFoundError: There is no such graph, or the embedder cannot be brought.
        """
        with self._lock, opened(name) as graph, State(graph).frozen() as state:
            yield self._current(state)

    def drop(self, folder: Path) -> None:
        """Let go of the retriever of a graph that is taken away."""
        with self._lock:
            self._kept.pop(folder, None)

    def _current(self, state: State) -> Retriever:
        # By its folder: another home has another graph of that name.
        folder, stamp = state.graph.folder, stamp_of(state)
        known = self._kept.pop(folder, None)
        if known is not None and known[0] == stamp:
            # What its state has read holds, by the stamp: only what it reads from is opened anew.
            known[1].state.graph = state.graph
        else:
            known = stamp, Retriever(state, self._embed, read=read_kept)
        self._kept[folder] = known
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return known[1]

    def _embed(self, texts: Sequence[str]) -> np.ndarray:
        pool = current_pool()
        if pool is not None:
            with pool.borrow(EMBEDDER, capability=EMBED) as loan:
                return loan.model.embed(texts)
        if self._embedder is None:
            self._embedder = find_plain_encoder(EMBEDDER) or load(EMBEDDER)
        return self._embedder.embed(texts)
