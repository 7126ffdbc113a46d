"""Making room: which model is loaded next, and which go for it.

Everything is worked out anew at each look, from what is held now; nothing is planned ahead, so a
request that is withdrawn takes its claim with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from workbench.models.pool.eviction import choose_victims
from workbench.models.pool.lines import Action, Line, Load, Refuse, Request, Resident, Unload
from workbench.models.pool.refusals import too_large
from workbench.models.pool.rules import Rules

RECENT_S = 10.0


@dataclass
class Room:
    """One look at the memory: what is free, what is about to be, and what is done about it."""

    rules: Rules
    lines: Iterable[Line]
    now_s: float
    start: Callable[[Line, int], Resident]
    actions: list[Action] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.residents = [line.resident for line in self.lines if line.resident is not None]
        held = sum(resident.held_bytes for resident in self.residents)
        self.free = self.rules.budget_bytes - held
        going = [one for one in self.residents if one.status in ("draining", "unloading")]
        self.soon = sum(one.held_bytes for one in going)
        self.loading = sum(one.status == "loading" for one in self.residents)

    def make(self) -> list[Action]:
        """Load what fits, evict for what does not, refuse what cannot."""
        barred = {one for one in self.residents if one.is_barred}
        for one in self.residents:
            one.is_barred = False
        wanted = []
        for line in self.lines:
            if line.is_wanted():
                wanted.append(line)
            else:
                line.room_wanted_s = None
        wanted.sort(key=self._order)
        for line in wanted:
            if line.retry_at_s > self.now_s or self._refuse_hopeless(line):
                continue
            self._serve(line, barred)
        return self.actions

    def _order(self, line: Line) -> tuple[float, ...]:
        """Who has waited too long goes first, by age alone: no priority can hold him back."""
        if self._is_starving(line):
            return (0, line.waiting_since_s())
        return (1, -line.queue.top_priority, line.waiting_since_s())

    def _serve(self, line: Line, barred: set[Resident]) -> None:
        need = line.needs.bytes
        if need <= self.free:
            if self.loading < self.rules.loads:
                resident = self.start(line, self._threads(line))
                self.actions.append(Load(resident))
                self.loading += 1
            self.free -= need
            return
        missing = need - self.free - self.soon
        if missing > 0:
            self._refuse_swaps(line)
            victims = self._victims(line, barred, missing) if line.is_wanted() else None
            if victims is None and not (line.is_wanted() and self._is_starving(line)):
                line.room_wanted_s = None
                return  # a smaller model may use what is free meanwhile
            for victim in victims or ():
                self._send_away(victim)
        self._wait(line)
        claimed = max(0, self.free)
        self.free -= claimed
        self.soon -= need - claimed

    def _send_away(self, victim: Resident) -> None:
        self.soon += victim.held_bytes
        if victim.in_flight or (len(victim.line.queue) and not victim.is_barred):
            victim.is_barred = True
        if not victim.in_flight:
            victim.leave(self.now_s)
            self.actions.append(Unload(victim, "evicted"))

    def _victims(self, line: Line, barred: set[Resident], missing: int) -> list[Resident] | None:
        """Idle models first, by value; for a line that has waited too long, also those at work."""
        ready = [
            one
            for one in self.residents
            if one.status == "ready" and not one.line.is_pinned and not one.is_barred
        ]
        idle = sorted((one for one in ready if one.is_idle), key=lambda one: one.value(self.now_s))
        busy = [one for one in ready if not one.is_idle and self._turn_is_over(one, line)]
        busy.sort(key=lambda one: (one not in barred, one.value(self.now_s)))
        candidates = idle + busy if self._is_starving(line) else idle
        return choose_victims(candidates, needed_bytes=missing)

    def _is_starving(self, line: Line) -> bool:
        return self.now_s - line.waiting_since_s() >= self.rules.patience_s

    def _turn_is_over(self, one: Resident, other: Line) -> bool:
        turn_s = self.rules.turn_s(other.needs.load_s)
        return one.grants > 0 and self.now_s - one.loaded_at_s >= turn_s

    def _threads(self, line: Line) -> int:
        """This model's share of the cores, among the models that are at work."""
        others = [
            one
            for one in self.residents
            if one.in_flight or len(one.line.queue) or self.now_s - one.last_used_s < RECENT_S
        ]
        return max(1, self.rules.cores // (1 + len(others)))

    def _wait(self, line: Line) -> None:
        """Work in flight keeps a model from its turn: that is waited for, but not for ever."""
        if line.room_wanted_s is None:
            line.room_wanted_s = self.now_s
        if self.now_s - line.room_wanted_s >= self.rules.room_wait_s:
            for request in line.queue:
                waited = f"was pinned or at work for {self.rules.room_wait_s:g} s"
                self._refuse(line, request, waited, held=self._held())
            line.room_wanted_s = None

    def _refuse_hopeless(self, line: Line) -> bool:
        """Whether a line can never fit as things are: alone, or beside what is pinned."""
        pinned = sum(one.held_bytes for one in self.residents if one.line.is_pinned)
        room = self.rules.budget_bytes - pinned
        if line.needs.bytes <= room:
            return False
        for request in line.queue:
            self._refuse(line, request, "is pinned", held=pinned)
        return True

    def _refuse_swaps(self, line: Line) -> None:
        for request in line.queue:
            if not (request.may_swap and self.rules.swap):
                self._refuse(line, request, "others hold, who may not go", held=self._held())

    def _refuse(self, line: Line, request: Request, what: str, *, held: int) -> None:
        line.queue.remove(request)
        self.actions.append(Refuse(request, too_large(line, self.rules, what, held=held)))

    def _held(self) -> int:
        return sum(one.held_bytes for one in self.residents)
