"""Keys on the serving page: what each used, what it has left, and a way to revoke it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from workbench.core.optional import require
from workbench.identity.keys import Key
from workbench.serving.key_operations import revoke_key
from workbench.store.usage_queries import UsageTotal
from workbench.studio.errands import Errands
from workbench.studio.markup import count, escape, when
from workbench.studio.serving_facts import ServingFacts
from workbench.studio.tables import Table

_NONE = (
    '<div class="wb-empty"><p>No key is in force. The first is made when the gateway starts; for '
    "more: <code>workbench serving keys add NAME --budget-tokens 100000</code></p></div>"
)
_MOST_REVOKED = 20


class KeysTile:
    """Each key with its spend; revoking asks once more before it does anything."""

    def __init__(self, facts: ServingFacts, errands: Errands) -> None:
        self._widgets = require("ipywidgets", extra="studio")
        self._facts, self._errands = facts, errands
        self._rows: dict[str, _Row] = {}
        self._list = self._widgets.VBox()

    def draw(self) -> list[Any]:
        """Bring the rows up to date."""
        usage, gateway = self._facts.usage, self._facts.gateway
        if self._facts.usage_trouble is not None:
            raise self._facts.usage_trouble
        if not usage.keys:
            spent = [_by_model(usage.models)] if usage.models else []
            none = _NONE + _revoked(usage.revoked)
            return [none, self._errands.note, *spent]  # the last may just have been revoked
        today = {each.group: each for each in usage.today}
        month = {each.group: each for each in usage.month}
        self._rows = {key.id: self._rows.get(key.id) or _Row(self, key) for key in usage.keys}
        for key in usage.keys:
            used = gateway.budgets.get(key.id) or _used(today.get(key.id), month.get(key.id))
            self._rows[key.id].update(
                _describe(
                    key,
                    today.get(key.id),
                    month.get(key.id),
                    limits_left(key, used, is_free=usage.is_free),
                ),
                own=key.id == gateway.own_key_id,
                busy=key.id in self._errands.busy,
            )
        boxes = tuple(row.box for row in self._rows.values())
        if self._list.children != boxes:
            self._list.children = boxes
        below = _revoked(usage.revoked) + _by_model(usage.models)
        return [self._list, self._errands.note, below]

    def revoke(self, key: Key) -> None:
        """Refuse a key from now on."""
        self._errands.run(
            key.id,
            f"Revoking {key.name}",
            lambda: revoke_key(key.id, reason="on the serving page"),
            done=f"{key.name} is refused from now on.",
        )


class _Row:
    """One key: its button, and the two that take its place to ask whether it is meant."""

    def __init__(self, tile: KeysTile, key: Key) -> None:
        widgets = require("ipywidgets", extra="studio")
        self._text = widgets.HTML()
        self._ask = widgets.Button(description="Revoke…", tooltip=f"Revoke {key.name}")
        self._keep = widgets.Button(description="Keep it", tooltip=f"Do not revoke {key.name}")
        self._revoke = widgets.Button(
            description="Revoke for good", tooltip=f"Refuse {key.name} from now on"
        )
        self._revoke.add_class("wb-danger")
        self._own = widgets.HTML('<span class="q">the gateway\'s own</span>')
        self._ask.on_click(lambda _: self._confirm(True))
        self._keep.on_click(lambda _: self._confirm(False))
        self._revoke.on_click(lambda _: self._go(tile, key))
        self._buttons = widgets.Box([self._ask])
        self._buttons.add_class("wb-buttons")
        self.box = widgets.Box([self._text, self._buttons])
        self.box.add_class("wb-job")

    def update(self, text: str, *, own: bool, busy: bool) -> None:
        """Show a key as it is now."""
        self._text.value = text
        self._ask.disabled = busy
        if own:  # without it this page and the commands could ask nothing any more
            self._buttons.children = (self._own,)

    def _go(self, tile: KeysTile, key: Key) -> None:
        self._confirm(False)
        tile.revoke(key)

    def _confirm(self, asked: bool) -> None:
        """Ask, with the focus on the answer that changes nothing; or take the question back."""
        self._buttons.children = (self._keep, self._revoke) if asked else (self._ask,)
        (self._keep if asked else self._ask).focus()


_LIMITS = (
    ("requests_per_minute", "requests_minute", "requests this minute"),
    ("tokens_per_minute", "tokens_minute", "tokens this minute"),
    ("concurrent_streams", "streams", "answers at a time"),
    ("budget_tokens_day", "tokens_day", "tokens today"),
    ("budget_tokens_month", "tokens_month", "tokens this month"),
    ("budget_usd_day", "usd_day", "USD today"),
    ("budget_usd_month", "usd_month", "USD this month"),
)


def limits_left(key: Key, used: Mapping[str, float], *, is_free: bool = False) -> list[str]:
    """What a key has left of each limit that it has, in words.

    Where no model has a price (``is_free``) a budget of money says that it limits nothing.
    """
    said = []
    for name, used_name, words in _LIMITS:
        allowed = getattr(key.limits, name)
        if allowed is None:
            continue
        usd = "usd" in name
        if usd and is_free:
            said.append(f"{_usd(allowed)} {words}, which limits nothing: no model has a price")
            continue
        if used_name not in used:  # known by a gateway that runs, and by nobody else
            said.append(f"at most {allowed:,} {words}")
            continue
        left = max(0, allowed - used[used_name])
        shown = f"{_usd(left)} of {_usd(allowed)}" if usd else f"{left:,} of {allowed:,}"
        said.append(f"{'✗ ' if not left else ''}{shown} {words} left")
    return said


def _usd(amount: float) -> str:
    """Cents, and of less than a dollar two digits that say something."""
    if amount == 0 or amount >= 1:
        return f"{amount:,.2f}"
    return f"{amount:,.{max(2, 1 - math.floor(math.log10(amount)))}f}"


def _used(today: UsageTotal | None, month: UsageTotal | None) -> dict[str, float]:
    """What the settlements say of the use of budgets."""
    return {
        "tokens_day": _tokens(today),
        "tokens_month": _tokens(month),
        "usd_day": today.cost_usd if today else 0.0,
        "usd_month": month.cost_usd if month else 0.0,
    }


def _tokens(total: UsageTotal | None) -> int:
    return total.prompt_tokens + total.completion_tokens if total else 0


def _describe(key: Key, today: UsageTotal | None, month: UsageTotal | None, left: list[str]) -> str:
    facts = [
        f"today {count(today.requests if today else 0, 'request')}, {_tokens(today):,} tokens",
        f"this month {_tokens(month):,} tokens, {_usd(month.cost_usd if month else 0.0)} USD",
        *(left or ["no limits"]),
        f"models {', '.join(key.models)}" if key.models is not None else "",
    ]
    said = "".join(f"<span>{escape(fact)}</span>" for fact in facts if fact)
    until = f"<span>until {when(key.expires_s)}</span>" if key.expires_s else ""
    return (
        f"<div><strong>{escape(key.name)}</strong> <span class='q'>{escape(key.role)} "
        f"{escape(key.user)}, <code>{escape(key.prefix)}…</code></span></div>"
        f'<div class="wb-facts">{said}{until}</div>'
    )


def _revoked(keys: tuple[Key, ...]) -> str:
    """The keys that are refused now: who looks for one shall not think that it was never there."""
    if not keys:
        return ""
    rows = "".join(
        f"<li><span class='name'>{escape(key.name)}</span><span class='side'>revoked "
        f"{when(key.revoked_s or 0.0)}</span><p class='facts'>{escape(key.role)} "
        f"{escape(key.user)}, <code>{escape(key.prefix)}…</code></p></li>"
        for key in keys[:_MOST_REVOKED]
    )
    said = count(len(keys), "revoked key")
    more = (
        f"<p class='q'>the last {_MOST_REVOKED}; all: <code>workbench serving keys list "
        "--revoked</code></p>"
        if len(keys) > _MOST_REVOKED
        else ""
    )
    head = f'<details class="wb-old"><summary class="q">{said}</summary>'
    return f'{head}<ul class="wb-rows">{rows}</ul>{more}</details>'


def _by_model(models: tuple[UsageTotal, ...]) -> str:
    if not models:
        return '<p class="q">Nothing was settled this month.</p>'
    rows = tuple(
        {
            "model": each.group or "(none answered)",
            "requests": each.requests,
            "failed": each.errors,
            "prompt tokens": each.prompt_tokens,
            "answer tokens": each.completion_tokens,
            "cost (USD)": _usd(each.cost_usd),
        }
        for each in models
    )
    told = Table(rows).static_html()
    head = '<h3 class="wb-below">By model, this month</h3>'
    return f'{head}<div class="whole">{told}</div>'
