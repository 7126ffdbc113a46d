"""How sure a model was of each token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.studio.chart import Chart, bars

if TYPE_CHECKING:
    from workbench.models.protocol import TokenLogprob


def surprise(logprobs: Sequence[TokenLogprob], *, title: str) -> Chart:
    """A bar for each token, as high as the token was unlikely: its negative log-probability.

    Pointing at a bar shows what else the model thought of.
    """
    rows = [
        {
            "token": f"{number} {visible(entry.text)}",
            "surprise_nats": -entry.logprob,
            "others": ", ".join(f"{visible(text)} {value:.2f}" for text, value in entry.top),
        }
        for number, entry in enumerate(logprobs, start=1)
    ]
    return bars(
        rows,
        "token",
        "surprise_nats",
        title=title,
        x_title="token, in order",
        y_title="surprise (nats)",
        detail="others",
    )


def visible(text: str) -> str:
    """A token as it can be told apart: spaces and line ends have a sign of their own."""
    return text.replace(" ", "·").replace("\n", "\\n").replace("\t", "\\t") or "(end)"
