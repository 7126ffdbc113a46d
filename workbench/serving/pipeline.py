"""Policy: what happens to a call between the door and a backend. Knows nothing of HTTP."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing

from workbench.core.errors import CapabilityError, DeadlineError, LimitError, WorkbenchError
from workbench.identity.principals import Principal
from workbench.models.routing.standing import Standing
from workbench.models.routing.trials import Asker
from workbench.serving.accounts import Account, Accounts
from workbench.serving.backends.balance import Balance
from workbench.serving.backends.directory import LOCAL, Directory
from workbench.serving.backends.fallback import Chain
from workbench.serving.cache.answers import AnswerCache
from workbench.serving.call import Call, Facts, Piece
from workbench.serving.estimates import most_completion_tokens, most_prompt_tokens
from workbench.serving.limits.explaining import (
    MONEY_LIMITS,
    TOKEN_LIMITS,
    Cost,
    Need,
    explain,
    longest_answer,
    need_of,
    room_of,
)
from workbench.serving.routing import AUTO, Router

_SMALLEST_CONTEXT = 256  # nothing is asked of the directory for less
_MOMENT_S = 0.05  # what then comes of it is the deadline's doing
_TELL_S = 5.0  # so long a refusal waits for the figure that explains it
_COUNTED_LIMITS = TOKEN_LIMITS | MONEY_LIMITS  # for which it matters how long the prompt is


class Pipeline:
    """Authorise, route, look up, reserve, answer, settle; in this order, for every call.

    Args:
        chain: Answers.
        directory: Knows what may answer for a name.
        accounts: Reserves and settles.
        cache: Knows answers.
        router: Chooses a model for calls that name none.
        standing: Knows which version a label of an adapter stands on now.
        find: Finds a name's backends, also if it has just come.
        count: Counts a prompt of a model here exactly, which costs a loan of it.
    """

    def __init__(
        self,
        chain: Chain,
        directory: Directory,
        accounts: Accounts,
        cache: AnswerCache,
        router: Router,
        *,
        standing: Standing,
        find: Callable[[str], Awaitable[Balance]],
        count: Callable[[Call, Facts], Awaitable[int]],
    ) -> None:
        self._chain, self._directory, self._accounts = chain, directory, accounts
        self._cache, self._router, self._standing = cache, router, standing
        self._find, self._count = find, count

    async def answer(
        self, call: Call, principal: Principal, facts: Facts
    ) -> AsyncGenerator[Piece, None]:
        """Answer a call of a principal; what is found out on the way goes into ``facts``.

        The piece with the usage comes only once the usage is settled. Of an answer that is not
        streamed it may come while that is done, so that it can be written out meanwhile: then
        ``facts.settling`` is to be awaited before the client gets it.

        Raises:
            WorkbenchError: What the client is to be told, by its class.
        """
        if call.model == AUTO:
            call = await self._router.choose(call, principal, facts)
        else:
            principal.require_model(call.model)
        call = self._place(call, principal, facts)
        await self._find(call.model)
        self._accounts.check_disk()
        call = self._complete(call, principal)
        self._warn(call, facts)
        answer = self._cache.answer(call, principal, facts, paid=self._paid, free=self._free)
        pieces = within(answer, call.options.get("timeout_s"))
        try:  # as ``aclosing`` would, in fewer steps: each request goes through five of these
            async for piece in pieces:
                yield piece
        finally:
            await pieces.aclose()

    async def _paid(
        self, call: Call, principal: Principal, facts: Facts
    ) -> AsyncGenerator[Piece, None]:
        """A run: reserved before, settled before its last piece, whatever becomes of it."""
        account = await self._reserve(call, principal, facts)
        facts.limits_left = account.reservation.left
        pieces, ended = self._chain.answer(call, facts), None
        try:
            try:
                async for piece in pieces:
                    account.note(piece)
                    ended = piece.finish_reason or ended
                    if piece.usage is not None:
                        facts.prompt_tokens = piece.usage.prompt_tokens
                        facts.completion_tokens = piece.usage.completion_tokens
                        facts.cached_tokens = piece.usage.cached_tokens
                        if ended == "length":
                            _warn_of_context(call, facts)
                        await _settle(account, call, facts)
                    yield piece
            finally:
                await pieces.aclose()
            await account.settle()
        except BaseException as error:
            await account.fail(error)
            raise

    async def _free(
        self, call: Call, principal: Principal, facts: Facts, pieces: AsyncIterator[Piece]
    ) -> AsyncGenerator[Piece, None]:
        """What is known already: a request of no tokens, which is counted and settled as well."""
        account = await self._accounts.open(call, principal, facts, tokens=0, usd=0.0)
        facts.limits_left = account.reservation.left
        try:
            async for piece in pieces:
                account.note(piece)
                if piece.usage is not None:
                    await _settle(account, call, facts)
                yield piece
            await account.settle()
        except BaseException as error:
            await account.fail(error)
            raise

    async def count(self, call: Call, principal: Principal, facts: Facts) -> int:
        """How many tokens a call's prompt has; it counts as a request of no tokens.

        Raises:
            CapabilityError: The model is elsewhere: nobody here knows its tokenizer.
        """
        if call.model == AUTO:
            call = await self._router.choose(call, principal, facts)
        principal.require_model(call.model)
        call = self._place(call, principal, facts)
        await self._find(call.model)
        if self._directory.local_model(call.model) is None:
            raise CapabilityError(
                f"{call.model!r} is a model elsewhere: its tokens cannot be counted here",
                hint="its answers tell their usage",
            )
        account = await self._accounts.open(
            call, principal, facts, tokens=0, usd=0.0, answers=False
        )
        try:
            tokens = await self._count(self._complete(call, principal), facts)
            await account.settle()
        except BaseException as error:
            await account.fail(error)
            raise
        return tokens

    def _place(self, call: Call, principal: Principal, facts: Facts) -> Call:
        """The call with the version that its name stands for now, or the one on trial.

        From here on it is that version that is looked up, answered, remembered and settled: what
        was known under a label that has moved since is found by nobody.
        """
        if ":" not in call.model or self._directory.is_of_upstream(call.model):
            return call
        bare = call.model.removeprefix(f"{LOCAL}/")
        asker = Asker(call.request_id, principal.user, principal.key_id)
        placed = self._standing.find(bare, asker)
        if placed is None:
            return call
        facts.asked = call.model
        if placed.route is not None:
            facts.route = f"{facts.route}, {placed.route}" if facts.route else placed.route
            facts.route_reason = "; ".join(filter(None, (facts.route_reason, placed.reason)))
        options = {**call.options, "asked": call.model}
        model = call.model[: len(call.model) - len(bare)] + placed.model
        return dataclasses.replace(call, model=model, options=options)

    def _complete(self, call: Call, principal: Principal) -> Call:
        """The call with what the client left out and the backends need."""
        sampling = call.sampling
        if call.kind != "embedding" and sampling.get("max_tokens") is None:
            most = self._directory.default_max_tokens(call.model)
            sampling = {**sampling, "max_tokens": most}
        tokens = most_prompt_tokens(call) // 4 + (sampling.get("max_tokens") or 0) * call.n
        options = {
            **call.options,
            "tenant": principal.key_id,
            "tokens": tokens,
            "may_use": principal.may_use,
        }
        if call.options.get("timeout_s") is not None:
            options["deadline_s"] = call.options["timeout_s"]
            options["ends_s"] = time.monotonic() + call.options["timeout_s"] - _MOMENT_S
        return dataclasses.replace(call, sampling=sampling, options=options)

    def _warn(self, call: Call, facts: Facts) -> None:
        """Say that an answer will end before the length that was asked for, as far as is known.

        It is not refused, as many clients always ask for the same large number. What the prompt
        leaves of the context is known once it is read: ``_warn_of_context``.
        """
        most = call.sampling.get("max_tokens") or 0
        model = self._directory.local_model(call.model) if most > _SMALLEST_CONTEXT else None
        if model is not None and model.context_tokens and most > model.context_tokens:
            facts.warnings += (
                f"max_tokens is {most}; prompt and answer together have {model.context_tokens} "
                f"tokens of context here, and the answer ends there",
            )

    async def _reserve(self, call: Call, principal: Principal, facts: Facts) -> Account:
        """Reserve for the most that the call may need."""
        models = (call.model, *self._chain.fallbacks_of(call))
        least_bytes, price = self._directory.bounds(models)
        prompt, answers = self._directory.most_tokens(
            call.model,
            most_prompt_tokens(call, least_bytes_per_token=least_bytes),
            most_completion_tokens(call),
        )
        try:
            return await self._accounts.open(
                call, principal, facts, tokens=prompt + answers, usd=price.usd(prompt, answers)
            )
        except LimitError as error:
            if error.context["limit"] not in _COUNTED_LIMITS:
                raise
            counted = await self._counted(call, error, answers, usd=price.usd)
            if counted is None:
                around, _ = self._directory.most_tokens(
                    call.model,
                    most_prompt_tokens(_shortest(call), least_bytes_per_token=least_bytes),
                    most_completion_tokens(call),
                )
                around -= _texts(call)
                need = _need(call, prompt, answers, counted=False, around=around)
                raise explain(error, need, usd=price.usd) from None
        try:
            return await self._accounts.open(
                call, principal, facts, tokens=counted + answers, usd=price.usd(counted, answers)
            )
        except LimitError as error:
            if error.context["limit"] not in _COUNTED_LIMITS:
                raise
            need = _need(call, counted, answers, counted=True)
            if not longest_answer(error, need, usd=price.usd, room=room_of(error)):
                need = dataclasses.replace(need, around=await self._around(call, counted))
            raise explain(error, need, usd=price.usd) from None

    async def _counted(
        self, call: Call, error: LimitError, answers: int, *, usd: Cost
    ) -> int | None:
        """The prompt's tokens, where a limit that the reckoned prompt passes has any room, or would
        have later.

        Where the answer alone is too long they are only told, so they are not waited for long.
        """
        first, room = self._directory.find(call.model).members[0], room_of(error)
        if first.backend.name != LOCAL or not (room or error.context["retry_after_s"] is None):
            return None
        if room > need_of(error, 0, answers, usd=usd):
            return await self._count(call, Facts())
        return await self._told(call)

    async def _around(self, call: Call, counted: int) -> int:
        """How many of a prompt's tokens are the model's own; all of them if it does not say."""
        found = await self._told(_shortest(call))
        return counted if found is None else found - _texts(call)

    async def _told(self, call: Call) -> int | None:
        """A prompt's tokens for a refusal's words, which are not worth a long wait."""
        try:
            async with asyncio.timeout(_TELL_S):
                return await self._count(call, Facts())
        except (TimeoutError, WorkbenchError):
            return None


def _need(call: Call, prompt: int, answers: int, *, counted: bool, around: int = 0) -> Need:
    return Need(prompt, answers, call.sampling.get("max_tokens") or 0, counted, around)


def _shortest(call: Call) -> Call:
    """The call with the same messages and tools, and one letter as each text: a token of its own.

    A message without any is no message.
    """
    messages = tuple({**message, "content": "a"} for message in call.messages)
    return dataclasses.replace(call, messages=messages, prompts=("a",) * len(call.prompts))


def _texts(call: Call) -> int:
    """How many texts a prompt is made of."""
    return len(call.messages) + len(call.prompts)


def _warn_of_context(call: Call, facts: Facts) -> None:
    """Say that an answer has the length it has because the context was full.

    ``finish_reason`` is ``length`` either way; an answer of fewer tokens than were asked for was
    ended by the context. A stream's headers are out by then: there its usage shows it.
    """
    most = call.sampling.get("max_tokens") or 0
    if facts.backend == LOCAL and call.n == 1 and facts.completion_tokens < most:
        total = facts.prompt_tokens + facts.completion_tokens
        facts.warnings += (
            f"the context was full at {total} tokens, {facts.prompt_tokens} of them the prompt's: "
            f"the answer ended after {facts.completion_tokens} of max_tokens {most}",
        )


async def _settle(account: Account, call: Call, facts: Facts) -> None:
    # A key whose answers at a time are counted has its place back before it has the whole answer:
    # who asks one after the other is not refused.
    if call.stream or account.holds_place:
        await account.settle()
    else:
        facts.settling = account.begin_settling()


def within(
    pieces: AsyncGenerator[Piece, None], timeout_s: float | None
) -> AsyncGenerator[Piece, None]:
    """The pieces, or a DeadlineError once so much time has gone."""
    return pieces if timeout_s is None else _limited(pieces, timeout_s)


async def _limited(
    pieces: AsyncGenerator[Piece, None], timeout_s: float
) -> AsyncGenerator[Piece, None]:
    ends_s = asyncio.get_running_loop().time() + timeout_s
    async with aclosing(pieces):
        while True:
            try:
                async with asyncio.timeout_at(ends_s):
                    piece = await anext(pieces)
            except StopAsyncIteration:
                return
            except DeadlineError:
                raise
            except TimeoutError:
                raise DeadlineError(
                    f"the answer took longer than the {timeout_s:g} s that the request allows",
                    hint="raise timeout_s, or ask for fewer tokens",
                ) from None
            yield piece
