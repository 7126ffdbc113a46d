"""The rule that every store applies: what is settled and reserved, and what is asked, must fit.

**Windows.** Requests and tokens a minute are counted in buckets of one second. A bucket counts
until each moment in it is 60 s ago, so what is admitted in any 60 s is at most the limit, and an
event counts for up to a second too long. (The usual weighted pair of one-minute buckets needs less
room and lets through up to twice the limit in a minute when a burst came late.) Requests count from
their start. Tokens count while they are reserved, and for 60 s from when they were settled.

**Budgets** are what the usage log says of this day or month (UTC), and what is reserved now.
"""

from __future__ import annotations

import calendar
import functools
import math
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from workbench.core.errors import InputError, LimitError
from workbench.identity.principals import Principal
from workbench.store.usage_rows import NANO

from .protocol import WINDOW_S, Left, LimitUse

DAY_S = 86_400
OPEN_RETRY_S = 2.0  # when the answers that hold it end cannot be known
WORDS = {
    "requests_per_minute": "requests a minute",
    "tokens_per_minute": "tokens a minute",
    "concurrent_streams": "answers at a time",
    "budget_tokens_day": "tokens a day",
    "budget_tokens_month": "tokens a month",
    "budget_usd_day": "US dollars a day",
    "budget_usd_month": "US dollars a month",
}


class Figures(NamedTuple):
    """What a key has used and holds at one moment.

    ``requests`` and ``tokens`` are buckets ``(second, count)``, oldest first, that still count.
    ``window_s`` is the moment on the clock of the buckets, ``wall_s`` as Unix time. ``day`` and
    ``month`` are the tokens and billionths of a dollar that were settled. ``request_count`` and
    ``token_count`` are the buckets' sums, where they are at hand.
    """

    window_s: float
    wall_s: float
    requests: Sequence[tuple[int, int]] = ()
    tokens: Sequence[tuple[int, int]] = ()
    open_tokens: int = 0
    open_nano_usd: int = 0
    open_streams: int = 0
    day: tuple[int, int] = (0, 0)
    month: tuple[int, int] = (0, 0)
    request_count: int | None = None
    token_count: int | None = None

    def use(self, key_id: str) -> LimitUse:
        """The figures as they are told."""
        return LimitUse(
            key_id,
            sum(count for _, count in self.requests),
            sum(count for _, count in self.tokens),
            self.open_streams,
            self.open_tokens,
            self.open_nano_usd / NANO,
            self.day[0],
            self.month[0],
            self.day[1] / NANO,
            self.month[1] / NANO,
        )


class Asked(NamedTuple):
    """What one call may need at most."""

    tokens: int
    nano_usd: int
    stream: bool


class _Line(NamedTuple):
    """One limit: what is settled, open and asked, and when it is back. Money in billionths.

    ``left`` is what nobody holds once this call does; less than nothing where it does not fit.
    """

    limit: str
    allowed: int
    settled: int
    open: int
    asked: int
    left: int
    retry_after_s: float
    reset_s: float
    unit: int = 1

    @property
    def hopeless(self) -> bool:
        """Whether it would not go either if nothing else were used."""
        return self.asked > self.allowed

    def told(self, count: int) -> float:
        """A count as it is told: money in dollars."""
        return count / self.unit if self.unit > 1 else count


# A named tuple's own call goes through a Python function; there are ten of them to a request.
_new = tuple.__new__


def judge(principal: Principal, figures: Figures, asked: Asked) -> tuple[Left, ...]:
    """What is left of each limit once this call holds its part.

    Raises:
        LimitError: A limit would be passed. Of several it is the one that lasts longest.
    """
    found = []
    for name, value in principal.limits.items:
        line = _LINES[name](name, value, figures, asked)
        limit, allowed, _, _, _, left, _, reset_s, unit = line
        if left < 0:
            raise _refuse(principal, figures, asked)
        if unit > 1:
            found.append(_new(Left, (limit, allowed / unit, left / unit, reset_s)))
        else:
            found.append(_new(Left, (limit, allowed, left, reset_s)))
    return tuple(found)


def _refuse(principal: Principal, figures: Figures, asked: Asked) -> LimitError:
    lines = [_LINES[name](name, value, figures, asked) for name, value in principal.limits.items]
    exceeded = [line for line in lines if line.left < 0]
    return _refusal(
        principal,
        max(exceeded, key=lambda line: math.inf if line.hopeless else line.retry_after_s),
    )


def _requests(name: str, allowed: float, figures: Figures, asked: Asked) -> _Line:
    settled = figures.request_count
    return _window_line(name, int(allowed), figures.requests, settled, 0, 1, figures.window_s)


def _tokens(name: str, allowed: float, figures: Figures, asked: Asked) -> _Line:
    held, wanted = figures.open_tokens, asked.tokens
    settled, now_s = figures.token_count, figures.window_s
    return _window_line(name, int(allowed), figures.tokens, settled, held, wanted, now_s)


def _streams(name: str, allowed: float, figures: Figures, asked: Asked) -> _Line:
    # A call that is no answer (one that counts tokens) is not held up by answers.
    held, wanted = (figures.open_streams, 1) if asked.stream else (0, 0)
    left = int(allowed) - held - wanted
    return _new(_Line, (name, int(allowed), 0, held, wanted, left, OPEN_RETRY_S, OPEN_RETRY_S, 1))


def _token_budget(name: str, allowed: float, figures: Figures, asked: Asked) -> _Line:
    return _budget_line(name, int(allowed), figures, 0, figures.open_tokens, asked.tokens)


def _money_budget(name: str, allowed: float, figures: Figures, asked: Asked) -> _Line:
    most = round(allowed * NANO)
    return _budget_line(name, most, figures, 1, figures.open_nano_usd, asked.nano_usd, unit=NANO)


_LINES: dict[str, Callable[[str, float, Figures, Asked], _Line]] = {
    "requests_per_minute": _requests,
    "tokens_per_minute": _tokens,
    "concurrent_streams": _streams,
    "budget_tokens_day": _token_budget,
    "budget_tokens_month": _token_budget,
    "budget_usd_day": _money_budget,
    "budget_usd_month": _money_budget,
}


def _budget_line(
    name: str,
    allowed: int,
    figures: Figures,
    which: int,
    held: int,
    wanted: int,
    *,
    unit: int = 1,
) -> _Line:
    month = name.endswith("_month")
    settled = (figures.month if month else figures.day)[which]
    end_s = next_period_s(figures.wall_s, month=month) - figures.wall_s
    retry_s = end_s if settled + wanted > allowed else OPEN_RETRY_S
    left = allowed - settled - held - wanted
    return _new(_Line, (name, allowed, settled, held, wanted, left, retry_s, end_s, unit))


def _window_line(
    name: str,
    allowed: int,
    buckets: Sequence[tuple[int, int]],
    settled: int | None,
    held: int,
    wanted: int,
    now_s: float,
) -> _Line:
    if settled is None:
        settled = sum(count for _, count in buckets)
    left = allowed - settled - held - wanted
    over = -left
    retry_s = OPEN_RETRY_S if held else 0.0
    for second, count in buckets if over > 0 else ():
        over -= count
        retry_s = second + WINDOW_S + 1 - now_s
        if over <= 0:
            break
    if over > 0:  # an empty window would not do either, while others hold so much
        retry_s = max(retry_s, OPEN_RETRY_S)
    last = math.floor(now_s) if wanted else buckets[-1][0] if buckets else None
    reset_s = 0.0 if last is None else last + WINDOW_S + 1 - now_s
    return _new(_Line, (name, allowed, settled, held, wanted, left, retry_s, reset_s, 1))


def _refusal(principal: Principal, line: _Line) -> LimitError:
    used, asked = line.told(line.settled + line.open), line.told(line.asked)
    allowed, words = line.told(line.allowed), WORDS[line.limit]
    retry_s = None if line.hopeless else math.ceil(line.retry_after_s * 1000) / 1000
    room = line.told(max(0, line.allowed - line.settled - line.open))
    together = f"ask for at most {room:g} tokens, prompt and answer together"
    return LimitError(
        f"key {principal.name!r}: {words}: {used:g} of {allowed:g} are used or reserved, and this "
        f"request may need {asked:g}",
        hint=wait_or(retry_s, together if "tokens" in line.limit and room else ""),
        limit=line.limit,
        allowed=allowed,
        used=used,
        asked=asked,
        retry_after_s=retry_s,
        free_in_s=line.retry_after_s,
    )


def wait_or(retry_after_s: float | None, smaller: str) -> str:
    """What to do about a refusal: to wait, if that helps, or what would need less."""
    waiting = "" if retry_after_s is None else f"try again in {duration(retry_after_s)}"
    raised = "have the limit of the key raised" if retry_after_s is None else ""
    return ", or ".join(part for part in (waiting, smaller, raised) if part)


def duration(seconds_s: float) -> str:
    """A wait, in words."""
    if seconds_s < 120:
        return f"{math.ceil(seconds_s)} s"
    hours, minutes = divmod(math.ceil(seconds_s / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def periods(wall_s: float) -> tuple[str, str]:
    """The names of a moment's day and month (UTC)."""
    return _periods(int(wall_s // DAY_S))


def next_period_s(wall_s: float, *, month: bool) -> float:
    """The Unix time at which the day, or the month, after a moment begins."""
    day = int(wall_s // DAY_S)
    return _next_month_s(day) if month else (day + 1) * DAY_S


def period_bounds_s(period: str) -> tuple[float, float]:
    """The Unix times at which a day or month begins and ends."""
    year, month, day = (*map(int, period.split("-")), 1)[:3]
    start_s = float(calendar.timegm((year, month, day, 0, 0, 0)))
    return start_s, next_period_s(start_s, month=period.count("-") == 1)


@functools.lru_cache(maxsize=8)
def _periods(day: int) -> tuple[str, str]:
    now = time.gmtime(day * DAY_S)
    month = f"{now.tm_year:04}-{now.tm_mon:02}"
    return f"{month}-{now.tm_mday:02}", month


@functools.lru_cache(maxsize=8)
def _next_month_s(day: int) -> float:
    now = time.gmtime(day * DAY_S)
    year, month = (now.tm_year + 1, 1) if now.tm_mon == 12 else (now.tm_year, now.tm_mon + 1)
    return float(calendar.timegm((year, month, 1, 0, 0, 0)))


def to_asked(tokens: int, usd: float, *, stream: bool) -> Asked:
    """What a call may need, checked; money is rounded up.

    Raises:
        InputError: It is less than nothing, or no number.
    """
    if not 0 <= tokens < 2**50 or not 0 <= usd < 1e6:
        raise InputError(f"a reservation of {tokens} tokens and {usd} dollars makes no sense")
    return Asked(int(tokens), math.ceil(usd * NANO), stream)
