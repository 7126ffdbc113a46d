"""Policy: what happens to a call between the door and a backend. Knows nothing of HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Protocol

from workbench.core.errors import AccessError
from workbench.serving.call import Backend, Call, Facts, Piece


class Principal(Protocol):
    """What is needed of ``workbench.identity.Principal``."""

    def may_use(self, model: str) -> bool:
        """Whether the allow-list has the model."""
        ...


class Pipeline:
    """Authorise, route, look up, reserve, answer, settle; in this order, for every call.

    Args:
        backend: What answers.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def answer(self, call: Call, principal: Any, facts: Facts) -> AsyncIterator[Piece]:
        """Answer a call of a principal; what is found out on the way goes into ``facts``.

        The piece with the usage comes only once the usage is settled.

        Raises:
            WorkbenchError: What the client is to be told, by its class.
        """
        if not principal.may_use(call.model):
            raise AccessError(
                f"this key may not use the model {call.model!r}",
                hint="GET /v1/models lists those that it may use",
            )
        async for piece in self._backend.answer(call, facts):
            yield piece
