"""The routes that no model answers: which models there are, the figures, health."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from workbench.core.errors import NotFoundError
from workbench.serving.dialects import feedback, openai_audio, openai_models
from workbench.serving.dialects.openai_models import ModelAnswer, ModelHere
from workbench.serving.door import JSON, Door, Incoming, Outgoing
from workbench.serving.requests import Receive, Scope, Send
from workbench.serving.routing import AUTO
from workbench.store.feedback import add_feedback

if TYPE_CHECKING:
    from workbench.serving.gateway import Gateway


class ModelsRoute(Door):
    """The models that a key may use, or one of them."""

    dialect = "openai"

    async def respond(self, incoming: Incoming, out: Outgoing) -> None:
        """See ``Door.respond``."""
        wanted = incoming.scope.get("path_params", {}).get("model")
        if wanted is None:
            await self.gateway.find_new()
            lacking = {name for name, _ in self.gateway.directory.lacking()}
            may_use, here = incoming.principal.may_use, self.gateway.directory.names()
            names = [AUTO, *(name for name in here if may_use(name) and name not in lacking)]
            body = openai_models.render_list([self._model(name) for name in names])
        else:
            if wanted != AUTO:
                if not incoming.principal.may_use(wanted):
                    raise NotFoundError(f"no model named {wanted!r} that this key may use")
                await self.gateway.find(wanted)
            body = openai_models.render_one(self._model(wanted))
        await out.whole(200, [_id(incoming), JSON], body)

    def _model(self, name: str) -> ModelAnswer:
        """With when its file came; with the gateway's start, of what has none here."""
        here = self.gateway.directory.local_model(name)
        if here is None:
            return ModelAnswer(name, int(self.gateway.started_s))
        made_s = int(here.made_s or self.gateway.started_s)
        return ModelAnswer(name, made_s, workbench=ModelHere(here.kind, here.is_fetched))


class FeedbackRoute(Door):
    """Notes what a user thought of an answer."""

    async def respond(self, incoming: Incoming, out: Outgoing) -> None:
        """See ``Door.respond``."""
        said = feedback.parse(await self.read(incoming))
        await asyncio.to_thread(
            add_feedback,
            said.request_id,
            said.score,
            key_id=incoming.principal.key_id,
            comment=said.comment,
            corrected_answer=said.corrected_answer,
            consent=bool(said.consent),
        )
        await out.whole(200, [_id(incoming), JSON], feedback.render(said))


class AudioRoute(Door):
    """Reserved."""

    dialect = "openai"

    async def respond(self, incoming: Incoming, out: Outgoing) -> None:
        """See ``Door.respond``."""
        raise openai_audio.refusal(self.endpoint)


class MetricsRoute(Door):
    """The figures, for Prometheus, which can send a key as well."""

    async def respond(self, incoming: Incoming, out: Outgoing) -> None:
        """See ``Door.respond``."""
        from workbench.serving.metrics import CONTENT_TYPE

        kind = (b"content-type", CONTENT_TYPE.encode())
        await out.whole(200, [_id(incoming), kind], self.gateway.metrics.render())


class HealthRoute:
    """Whether the process answers, or whether it is ready; open to everybody.

    Args:
        gateway: Is asked.
        ready: Whether it is asked for more than to be alive.
    """

    def __init__(self, gateway: Gateway, *, ready: bool) -> None:
        self._gateway, self._ready = gateway, ready

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        reason = self._gateway.unready() if self._ready else None
        if reason is not None:
            body = json.dumps({"ready": False, "reason": reason}).encode()
            await Outgoing(send).whole(503, [JSON], body)
            return
        body = b'{"ready":true}' if self._ready else b'{"ok":true}'
        await Outgoing(send).whole(200, [JSON], body)


class DocumentRoute:
    """The OpenAPI document, open to everybody: it tells nothing of this gateway's own."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        from workbench.serving.openapi import document

        await Outgoing(send).whole(200, [JSON], document())


def _id(incoming: Incoming) -> tuple[bytes, bytes]:
    return (b"x-request-id", incoming.request_id.encode())
