"""A virtual model behind the same interface as a loaded one: it can chat, and nothing else."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from workbench.core.errors import CapabilityError, EngineError, NotFoundError, WorkbenchError
from workbench.models import catalogue
from workbench.models.adapters import parse_model_name
from workbench.models.model import Messages, Model, Watch
from workbench.models.pool import ModelPool, lending_from
from workbench.models.protocol import (
    CHAT,
    STREAM,
    Chunk,
    Engine,
    EngineSettings,
    ModelFiles,
    ModelInfo,
    Sampling,
)
from workbench.models.reply import Reply
from workbench.models.sampling_rules import complete_sampling
from workbench.models.templates import check_messages
from workbench.models.virtual import Question, VirtualModel, is_virtual, run

log = logging.getLogger(__name__)


class VirtualEngine(Engine):
    """Says of everything but chat that a virtual model cannot do it; holds its members' pool."""

    name = "virtual"
    capabilities = frozenset({CHAT, STREAM})

    def __init__(self, files: ModelFiles, settings: EngineSettings) -> None:
        self.info = ModelInfo("virtual", context_tokens=0, vocabulary_size=0, weights_dtype="none")
        self._name = files.name
        self._pool: ModelPool | None = ModelPool()

    @property
    def pool(self) -> ModelPool:
        """The members in memory."""
        if self._pool is None:
            raise EngineError(f"{self._name} was closed", hint="load the model again")
        return self._pool

    def tokenize(self, text: str, *, special: bool = False) -> list[int]:
        """Raises CapabilityError: each member has tokens of its own."""
        raise self._cannot("tokenize")

    def detokenize(self, ids: Sequence[int]) -> str:
        """Raises CapabilityError."""
        raise self._cannot("detokenize")

    @property
    def special_tokens(self) -> Mapping[str, str]:
        """None."""
        return {}

    @property
    def chat_template(self) -> str | None:
        """None."""
        return None

    @property
    def bos_id(self) -> int | None:
        """None."""
        return None

    def stream(
        self, prompt_ids: Sequence[int], sampling: Sampling, *, adapter: str | None = None
    ) -> Iterator[Chunk]:
        """Raises CapabilityError."""
        raise self._cannot("go on from raw text")

    def memory_bytes(self) -> int:
        """What the members in memory take."""
        return self._pool.state().used_bytes if self._pool is not None else 0

    def close(self) -> None:
        """See ``Engine.close``."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def _cannot(self, what: str) -> CapabilityError:
        return CapabilityError(
            f"{self._name} is made of several models: it cannot {what}",
            hint="load one of its members",
            engine=self.name,
        )


class VirtualChat(Model):
    """A virtual model that loads its members when it first asks them.

    A reply's tokens are those of all questions together, its text and log-probabilities those of
    the answer that was taken; ``why`` says why that one. A stream comes in one piece, since what
    the answer is shows only at the end.
    """

    def __init__(self, virtual: VirtualModel) -> None:
        self._virtual = virtual
        self._members_pool = VirtualEngine(ModelFiles(virtual.name), EngineSettings())
        self.why: str | None = None
        self._told: set[str] = set()
        super().__init__(virtual.name, self._members_pool)
        for member in virtual.members:
            self._check(member)

    @property
    def members(self) -> tuple[str, ...]:
        """The models that it may ask."""
        return self._virtual.members

    def chat(
        self,
        messages: Messages,
        *,
        adapter: str | None = None,
        watch: Watch | None = None,
        **sampling: Any,
    ) -> Reply:
        """See ``Model.chat``."""
        if adapter is not None:
            raise self._members_pool.cannot("take an adapter of its own")
        given = {name: value for name, value in sampling.items() if value is not None}
        complete_sampling(Sampling(), given)  # a wrong option is said before anything is loaded
        started_s = time.perf_counter()
        with lending_from(self._members_pool.pool):
            outcome, replies = run(self._virtual, check_messages(messages), given, self._ask)
        duration_s = time.perf_counter() - started_s
        self.why = outcome.reason
        taken = outcome.reply
        if watch is not None:
            for _ in watch(iter([_as_chunk(taken)])):
                pass
        asked = given.get("logprobs") is not None
        return Reply(
            text=taken.text,
            model=taken.model,
            engine=self.engine,
            prompt_tokens=sum(reply.prompt_tokens for reply in replies),
            completion_tokens=sum(reply.completion_tokens for reply in replies),
            tokens_per_s=None,
            finish_reason=taken.finish_reason,
            seed=taken.seed,
            duration_s=duration_s,
            time_to_first_token_s=duration_s,
            logprobs=taken.logprobs if asked else (),
            stop_text=taken.stop_text,
        )

    def stream_chat(
        self, messages: Messages, *, adapter: str | None = None, **sampling: Any
    ) -> Iterator[Chunk]:
        """See ``Model.stream_chat``: one chunk, when the answer is known."""
        yield _as_chunk(self.chat(messages, adapter=adapter, **sampling))

    def generate(self, prompt: str, *, adapter: str | None = None, **sampling: Any) -> Reply:
        """Raises CapabilityError."""
        raise self._members_pool.cannot("go on from raw text")

    def _check(self, member: str) -> None:
        """Say of a member that is not here that it will not answer: the others may do without."""
        if is_virtual(member):
            return
        try:
            catalogue.find(parse_model_name(member).base)
        except NotFoundError as error:
            self._tell(member, error)

    def _ask(self, question: Question) -> Reply:
        try:
            with self._members_pool.pool.borrow(question.model, capability=CHAT) as loan:
                return loan.model.chat(question.messages, **question.sampling)
        except WorkbenchError as error:
            if error.code != "cancelled":
                self._tell(question.model, error)
            raise

    def _tell(self, member: str, error: WorkbenchError) -> None:
        if member not in self._told:  # once, however often it is asked
            self._told.add(member)
            log.warning("%s goes on without %s: %s", self.name, member, error.message)


def _as_chunk(reply: Reply) -> Chunk:
    return Chunk(
        reply.text,
        logprobs=reply.logprobs,
        finish_reason=reply.finish_reason,
        stop_text=reply.stop_text,
    )
