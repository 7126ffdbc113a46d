"""Tokens with how likely each was: a number, a line and a ground, never a colour alone."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.studio.markup import escape, style
from workbench.studio.tokens import visible

if TYPE_CHECKING:
    from workbench.models.protocol import TokenLogprob

_BYTE = "�"
# Where the levels of surprise begin, in nats: a token of 90%, 50%, 10% and 1%.
_LEVELS = tuple(-math.log(chance) for chance in (0.9, 0.5, 0.1, 0.01))


@dataclass(frozen=True)
class ShownToken:
    """What stands in one place: a token, or the pieces of one character together.

    ``logprob`` is natural, and of the pieces together; ``others`` are the alternatives.
    """

    text: str
    logprob: float
    pieces: int = 1
    others: tuple[tuple[str, float], ...] = ()

    @property
    def level(self) -> int:
        """How surprising it was, 0 to 4."""
        return sum(-self.logprob > limit for limit in _LEVELS)


@dataclass(frozen=True)
class TokenTable:
    """Tokens in their order, as a notebook draws them."""

    tokens: tuple[ShownToken, ...]

    def html(self) -> str:
        """The tokens; the alternatives come with the pointer or the focus, without a script."""
        sheets = style("tokens", "token_table")
        items = "".join(_item(number, token) for number, token in enumerate(self.tokens, start=1))
        key = (
            '<p class="q" style="font-size:.85em">Below each token its log-probability (nats); the '
            "heavier the line, the more the token surprised. Alternatives: focus or point.</p>"
        )
        return f'<div class="wb">{sheets}<ol class="wb-tokens">{items}</ol>{key}</div>'

    def text(self) -> str:
        """One token a line."""
        return "\n".join(f"{visible(token.text)}\t{token.logprob:.3f}" for token in self.tokens)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"text/html": self.html(), "text/plain": self.text()}


def token_table(logprobs: Sequence[TokenLogprob], *, text: str | None = None) -> TokenTable:
    """The tokens of an answer that was asked for with ``logprobs``.

    Args:
        logprobs: The tokens in order.
        text: The whole answer, from which characters that came in pieces are read.
    """
    found = [ShownToken(t.text, t.logprob, 1, tuple(t.top)) for t in logprobs]
    return TokenTable(merge_pieces(found, text))


def merge_pieces(tokens: Iterable[ShownToken], text: str | None) -> tuple[ShownToken, ...]:
    """Put the pieces of a character together: a byte alone has no sign of its own.

    Which character it was is read from ``text`` between its whole neighbours; where that fails
    the number of bytes stands in its place.
    """
    merged: list[ShownToken] = []
    pieces: list[ShownToken] = []
    offset = 0

    def close(until: int | None) -> None:
        if not pieces:
            return
        gap = text[offset:until] if text is not None and until is not None else ""
        shown = gap if gap else f"⟨{len(pieces)} bytes⟩"
        logprob = sum(piece.logprob for piece in pieces)
        merged.append(ShownToken(shown, logprob, len(pieces)))
        pieces.clear()

    for token in tokens:
        if _BYTE in token.text:
            pieces.append(token)
            continue
        place = text.find(token.text, offset) if text is not None and token.text else -1
        close(place if place >= 0 else None)
        merged.append(token)
        if place >= 0:
            offset = place + len(token.text)
    close(len(text) if text is not None else None)
    return tuple(merged)


def _item(number: int, token: ShownToken) -> str:
    chance = _percent(token.logprob)
    label = f"token {number}: {visible(token.text)}, log-probability {token.logprob:.2f}, {chance}"
    if token.pieces > 1:
        label += f", {token.pieces} pieces together"
    others = "".join(
        f"<tr><td><code>{escape(visible(text))}</code></td><td class='n'>{value:.2f}</td>"
        f"<td class='n'>{_percent(value)}</td></tr>"
        for text, value in token.others
    )
    if token.others:
        label += "; alternatives: " + ", ".join(
            f"{visible(text)} {value:.2f}" for text, value in token.others
        )
        panel = f'<div class="others" aria-hidden="true"><table>{others}</table></div>'
    else:
        panel = f'<div class="others" aria-hidden="true">{escape(chance)}</div>'
    return (
        f'<li><span class="tok l{token.level}" tabindex="0" role="img" aria-label="{escape(label)}"'
        f' data-lm-suppress-shortcuts="true"><code>{escape(visible(token.text))}</code>'
        f"<small>{token.logprob:.2f}</small></span>{panel}</li>"
    )


def _percent(logprob: float) -> str:
    percent = 100 * math.exp(min(0.0, logprob))
    return f"{percent:.1f}%" if percent >= 0.1 else "under 0.1%"
