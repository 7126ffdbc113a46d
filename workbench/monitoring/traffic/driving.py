"""Made traffic asked of a real gateway: what comes of it was measured, only the asking is made.

Who asks, what kind of thing and when is drawn by a ``TrafficPlan``; a few clients ask at once. A
gateway that goes away is waited for: the calls that it took along are told as broken off.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import ssl
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from workbench.core.errors import InputError, PeerError
from workbench.core.progress import Progress, progress
from workbench.core.viewers import Viewable

from .made_usage import People, load_of
from .plan import TASKS, Drift, TrafficPlan

_ASKED_TIMEOUT_S = 120.0
_LOOK_AGAIN_S = 0.1
_REPEATED = 0.15  # share of prompts that are word for word as others
# A few prompts of each task; which of them is drawn. Nobody asked these.
PROMPTS = {
    "chat": ("What is a good name for a cat?", "Why is the sky blue?", "Tell me of the sea."),
    "summarise": (
        "Summarise: the ferry left late because of fog, and arrived an hour after noon.",
        "Summarise: rents rose by four percent, wages by three, and bread by seven.",
    ),
    "code": ("Write a Python function that reverses a list.", "What does `git rebase` do?"),
    "extract": ("Name the city in: she moved to Lisbon in May.", "Name the sum: pay 40 USD."),
    "translate": ("Übersetze ins Englische: Der Zug fährt um acht.", "Übersetze: Guten Morgen."),
}


@dataclass(frozen=True)
class DrivenCall:
    """One call as its client saw it.

    ``status`` is None where the connection broke. ``is_whole``: the answer came to its very end;
    ``prompt_tokens`` and ``completion_tokens`` are what it then told, ``cache`` by which kind of
    cache it was answered.
    """

    number: int
    user: int
    task: str
    model: str
    stream: bool
    status: int | None
    request_id: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cache: str = ""
    is_whole: bool = False
    duration_s: float = 0.0


@dataclass(frozen=True)
class DrivenTraffic(Viewable):
    """What became of the calls; tokens are of whole answers."""

    url: str
    asked: int
    answered: int
    refused: int
    broken: int
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    calls: tuple[DrivenCall, ...] = field(repr=False)


@dataclass(frozen=True)
class _Wish:
    """What is to be asked, and when: ``at`` is a share of the whole time."""

    number: int
    at: float
    user: int
    task: str
    prompt: str
    model: str
    stream: bool


def drive(
    url: str,
    keys: Sequence[str],
    *,
    plan: TrafficPlan,
    models: Sequence[str] = ("smollm2-135m",),
    at_once: int = 2,
    within_s: float | None = None,
    most_tokens: int = 16,
    patience_s: float = 20.0,
    on_call: Callable[[DrivenCall], None] | None = None,
) -> DrivenTraffic:
    """Ask a gateway the calls of a plan.

    Args:
        url: Where it listens.
        keys: Keys for it; each user asks by one of them.
        plan: How many calls, by how many users, on which curve, with what drift.
        models: Those that are asked, evenly.
        at_once: Clients at the same time.
        within_s: Spread the plan's days over so many seconds; by default as fast as answers come.
        most_tokens: Of an answer.
        patience_s: How long a gateway that went away is waited for.
        on_call: Told of each call once it ended, in the client's thread.

    Raises:
        InputError: There is no key, no model, or the address is none.
        PeerError: No gateway answers there.
    """
    place = urllib.parse.urlsplit(url)
    if not keys or not models or at_once < 1 or not place.hostname:
        raise InputError(
            f"{len(keys)} keys, {len(models)} models and {at_once} clients at {url!r}",
            hint="at least one of each, and an address such as http://127.0.0.1:8400",
        )
    work = _Work(place, tuple(keys), most_tokens, patience_s)
    if not work.is_there():
        raise PeerError(f"no gateway answers at {url}", hint="workbench serve")
    begun_s = time.monotonic()
    with progress("Driving traffic", total=plan.calls, unit="calls") as task:
        turn = _Turn(work, iter(_wishes(plan, models)), task, begun_s, within_s, on_call)
        with ThreadPoolExecutor(at_once) as pool:
            for ended in [pool.submit(turn.ask_on) for _ in range(at_once)]:
                ended.result()
    return _told(url, turn.done, time.monotonic() - begun_s)


@dataclass
class _Turn:
    """What the clients of one drive share."""

    work: _Work
    wishes: Iterator[_Wish]
    task: Progress
    begun_s: float
    within_s: float | None
    on_call: Callable[[DrivenCall], None] | None
    done: list[DrivenCall] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def ask_on(self) -> None:
        """One client: ask until nothing is left to be asked."""
        while True:
            with self.lock:
                wish = next(self.wishes, None)
            if wish is None:
                return
            if self.within_s is not None:
                due_s = self.begun_s + wish.at * self.within_s
                time.sleep(max(0.0, due_s - time.monotonic()))
            call = self.work.ask(wish)
            with self.lock:
                self.done.append(call)
                self.task.advance()
            if self.on_call is not None:
                self.on_call(call)
            if call.status is None:
                self.work.wait()


def _told(url: str, done: Sequence[DrivenCall], seconds: float) -> DrivenTraffic:
    calls = sorted(done, key=lambda call: call.number)
    ends = Counter(
        "broken" if call.status is None or (call.status < 400 and not call.is_whole)
        else "answered" if call.status < 400 else "refused"
        for call in calls
    )  # fmt: skip
    return DrivenTraffic(
        url, len(calls), ends["answered"], ends["refused"], ends["broken"],
        sum(call.prompt_tokens for call in calls), sum(call.completion_tokens for call in calls),
        seconds, tuple(calls),
    )  # fmt: skip


def _wishes(plan: TrafficPlan, models: Sequence[str]) -> list[_Wish]:
    """As many calls as the plan has, in the order of their time."""
    import numpy as np

    load = load_of(plan)
    generator = np.random.default_rng(plan.seed)
    people = People(plan, generator)
    share = load.expected / load.expected.sum()
    hours = np.sort(
        generator.choice(plan.hours, plan.calls, p=share) + generator.random(plan.calls)
    )
    users = np.searchsorted(people.often, generator.random(plan.calls)).clip(0, plan.users - 1)
    names, weights = list(TASKS), np.array(list(TASKS.values()))
    tasks = generator.choice(len(names), plan.calls, p=weights / weights.sum())
    made = []
    for number, (hour, user, at) in enumerate(zip(hours, users, tasks, strict=True)):
        task = _drifted(plan.drift, hour, names[at], generator.random())
        prompt = PROMPTS[task][int(generator.integers(len(PROMPTS[task])))]
        if generator.random() >= _REPEATED:  # most questions are nobody else's
            prompt += f" Use about {int(generator.integers(5, 90))} words."
        made.append(
            _Wish(
                number, float(hour / plan.hours), int(user), task,
                prompt, models[number % len(models)],
                bool(generator.random() < 0.5),
            )
        )  # fmt: skip
    return made


def _drifted(drift: Drift | None, hour: float, task: str, drawn: float) -> str:
    moved = drift is not None and hour >= drift.hour and drawn < drift.task_share
    return drift.task if drift is not None and moved else task


class _Work:
    """Asks one gateway."""

    def __init__(
        self, place: urllib.parse.SplitResult, keys: tuple[str, ...], most_tokens: int,
        patience_s: float,
    ) -> None:  # fmt: skip
        self.place, self.keys = place, keys
        self.most_tokens, self.patience_s = most_tokens, patience_s

    def connection(self) -> http.client.HTTPConnection:
        """A connection to it."""
        host, port = str(self.place.hostname), self.place.port
        if self.place.scheme == "https":
            return http.client.HTTPSConnection(
                host, port, timeout=_ASKED_TIMEOUT_S, context=ssl.create_default_context()
            )
        return http.client.HTTPConnection(host, port, timeout=_ASKED_TIMEOUT_S)

    def is_there(self) -> bool:
        """Whether something listens and is ready."""
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = self.connection()
            try:
                connection.request("GET", "/readyz")
                return connection.getresponse().status == 200
            finally:
                connection.close()
        return False

    def wait(self) -> None:
        """Wait until it is back.

        Raises:
            PeerError: It stays away.
        """
        until_s = time.monotonic() + self.patience_s
        while not self.is_there():
            if time.monotonic() > until_s:
                raise PeerError(
                    f"the gateway went away, and was not back after {self.patience_s:g} s",
                    hint="workbench serve",
                )
            time.sleep(_LOOK_AGAIN_S)

    def ask(self, wish: _Wish) -> DrivenCall:
        """One call, to whatever end."""
        body: dict[str, Any] = {
            "model": wish.model, "messages": [{"role": "user", "content": wish.prompt}],
            "max_tokens": self.most_tokens, "stream": wish.stream,
        }  # fmt: skip
        if wish.stream:
            body["stream_options"] = {"include_usage": True}
        headers = {"Authorization": f"Bearer {self.keys[wish.user % len(self.keys)]}"}
        about = (wish.number, wish.user, wish.task, wish.model, wish.stream)
        connection, begun_s = self.connection(), time.monotonic()
        try:
            connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
            response = connection.getresponse()
            status, name = response.status, str(response.headers.get("x-request-id", ""))
            cache = str(response.headers.get("x-workbench-cache", "")).partition(";")[0]
            whole = response.read()
        except (OSError, http.client.HTTPException):
            return DrivenCall(*about, None, duration_s=time.monotonic() - begun_s)
        finally:
            connection.close()
        lasted_s = time.monotonic() - begun_s
        used = None if status >= 400 else _usage_of(whole, stream=wish.stream)
        if used is None:
            return DrivenCall(*about, status, name, duration_s=lasted_s)
        return DrivenCall(*about, status, name, *used, cache, is_whole=True, duration_s=lasted_s)


def _usage_of(whole: bytes, *, stream: bool) -> tuple[int, int] | None:
    """The tokens that an answer tells at its end; None where it has none."""
    if not stream:
        told = [json.loads(whole)]
    elif not whole.endswith(b"data: [DONE]\n\n"):
        return None
    else:
        lines = (line[6:] for line in whole.splitlines() if line.startswith(b"data: {"))
        told = [json.loads(line) for line in lines]
    used = next((each["usage"] for each in reversed(told) if each.get("usage")), None)
    return None if used is None else (int(used["prompt_tokens"]), int(used["completion_tokens"]))
