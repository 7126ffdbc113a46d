"""``auto``: the gateway chooses the model, by the rules of ``models.routing``."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import secrets
from collections.abc import Iterable, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING

from workbench.core import settings as core_settings
from workbench.core.errors import AccessError, InputError, WorkbenchError
from workbench.identity.principals import Principal
from workbench.models.routing.asking import CHARS_PER_TOKEN, EMBEDDER
from workbench.models.routing.candidates import CHAT
from workbench.models.routing.requests import PREFERENCES, Candidate, RouteRequest
from workbench.models.routing.router import decide
from workbench.models.routing.settings import AUTO, RoutingSettings
from workbench.models.virtual import is_virtual
from workbench.serving.backends.directory import LOCAL, Directory
from workbench.serving.call import Backend, Call, Facts
from workbench.serving.estimates import prompt_chars

if TYPE_CHECKING:
    from workbench.models.routing.tasks import Task, TaskFinder

log = logging.getLogger(__name__)
_BATCH = 32


class Router:
    """Chooses for calls that name no model.

    Args:
        directory: Knows the models.
        chain: Embeds the texts whose task is looked for.
        chosen: The user's rules.
    """

    def __init__(self, directory: Directory, chain: Backend, chosen: RoutingSettings) -> None:
        self._directory, self._chain, self._chosen = directory, chain, chosen
        self._finder: asyncio.Task[TaskFinder] | None = None

    async def warm_up(self) -> None:
        """Have the examples' vectors ready before the first request, where rules name tasks."""
        if self._chosen.looks_at_tasks:
            try:
                await self._prepared()
            except WorkbenchError as error:  # the first request tries again, and is told if strict
                log.warning("tasks cannot be told apart yet: %s", error.message)

    async def choose(self, call: Call, principal: Principal, facts: Facts) -> Call:
        """The call with a model; the decision goes into ``facts``.

        Raises:
            AccessError: The key may use none of the models.
            InputError: ``prefer`` is none of the words.
            WorkbenchError: As ``models.routing.decide`` says.
        """
        request = self._request(call)
        candidates = [each for each in self._candidates(call) if principal.may_use(each.name)]
        if not candidates:
            raise AccessError(
                "this key may use none of the models that `auto` may choose",
                hint="GET /v1/models lists those that it may use",
            )
        if self._chosen.looks_at_tasks and request.text.strip():
            task = await self._task(request.text, call, strict=request.strict)
            request = dataclasses.replace(request, task=task)
        default = self._chosen.default or core_settings.get("model")
        decision = decide(request, candidates, self._chosen, default=default)
        facts.route, facts.route_reason = decision.rule, decision.reason
        facts.task = decision.task
        return dataclasses.replace(call, model=decision.model)

    def _request(self, call: Call) -> RouteRequest:
        prefer = call.options.get("prefer")
        if prefer is not None and prefer not in PREFERENCES:
            raise InputError(
                f"prefer is {prefer!r}; it must be one of {', '.join(PREFERENCES)}",
                parameter="prefer",
            )
        needs = {"embed"} if call.kind == "embedding" else {"chat"}
        if call.tools and call.tool_choice != "none":
            needs.add("tools")
        if call.sampling.get("json_schema") is not None:
            needs.add("json")
        asked = [str(each["content"]) for each in call.messages if each["role"] == "user"]
        return RouteRequest(
            text=asked[-1] if asked else "\n".join(call.prompts),
            prompt_tokens=prompt_chars(call) // CHARS_PER_TOKEN,
            answer_tokens=int(call.sampling.get("max_tokens") or 0),
            needs=frozenset(needs),
            prefer=prefer,
            strict=bool(call.options.get("strict_routing")),
        )

    def _candidates(self, call: Call) -> Iterable[Candidate]:
        for name in self._directory.names():
            made = is_virtual(name)
            here = self._directory.local_model(name)
            fetched = here is None or here.is_fetched
            wanted = self._chosen.considers(name, made=made, fetched=fetched)
            if wanted and not (made and (call.kind != "chat" or call.n > 1)):
                yield self._candidate(name)

    def _candidate(self, name: str) -> Candidate:
        here = self._directory.local_model(name)
        _, price = self._directory.bounds((name,))
        usd = price.completion_usd_per_million_tokens
        if is_virtual(name):
            return Candidate(name, price_usd=usd, capabilities=CHAT - {"tools"})
        if here is None:
            return Candidate(name, price_usd=usd)
        return Candidate(
            name,
            context_tokens=here.context_tokens,
            parameters=here.parameters,
            tokens_per_s=here.tokens_per_s,
            price_usd=usd,
            capabilities=CHAT if here.kind == "chat" else frozenset({"embed"}),
        )

    async def _task(self, text: str, call: Call, *, strict: bool) -> Task | None:
        """What a text asks for; None if that could not be looked for."""
        from workbench.models.routing.tasks import text_to_embed

        try:
            finder = await self._prepared()
            vector = (await self._embed([text_to_embed(text)], call))[0]
        except WorkbenchError as error:
            if strict:
                raise
            log.warning("what a request asks for was not looked for: %s", error.message)
            return None
        return finder.find(text, vector, least_confidence=self._chosen.least_confidence)

    async def _prepared(self) -> TaskFinder:
        """The finder, made once; if that fails, the next call tries again."""
        if self._finder is None or (self._finder.done() and self._finder.exception() is not None):
            self._finder = asyncio.create_task(self._make_finder())
        return await asyncio.shield(self._finder)

    async def _make_finder(self) -> TaskFinder:
        from workbench.models.routing.tasks import make_finder

        loop = asyncio.get_running_loop()

        def embed(texts: Sequence[str]) -> list[tuple[float, ...]]:
            return asyncio.run_coroutine_threadsafe(self._embed(texts), loop).result()

        folder = core_settings.home() / "routing"
        return await asyncio.to_thread(
            make_finder, embed, own=self._chosen.examples, folder=folder, model=EMBEDDER
        )

    async def _embed(
        self, texts: Sequence[str], call: Call | None = None
    ) -> list[tuple[float, ...]]:
        request_id = call.request_id if call is not None else "req_" + secrets.token_hex(12)
        name = f"{LOCAL}/{EMBEDDER}"
        vectors: list[tuple[float, ...]] = []
        for start in range(0, len(texts), _BATCH):
            asked = Call(
                request_id, "embedding", name, prompts=tuple(texts[start : start + _BATCH])
            )
            async with aclosing(self._chain.answer(asked, Facts())) as pieces:
                vectors += [piece.vector async for piece in pieces if piece.vector is not None]
        return vectors


__all__ = ["AUTO", "Router"]
