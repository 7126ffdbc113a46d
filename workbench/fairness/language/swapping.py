"""Swaps on a loaded model, from templates to figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.data.lexicon import Lexicon, read_lexicon

from .result import Inference
from .scoring import check_can_score
from .swap_result import SwapResult, conclude_swaps
from .swap_templates import fill_templates
from .swap_words import SwapWords, read_swap_words
from .swaps import SwapSettings, ask_swaps, check_swaps


def run_swaps(
    model: Any,
    templates: Sequence[str],
    *,
    by: str = "gender",
    words: SwapWords | None = None,
    continuations: Sequence[str] = (),
    max_tokens: int = 0,
    lexicon: Lexicon | None = None,
    inference: Inference | None = None,
) -> SwapResult:
    """Swap the words of groups in templates, and test what changes in what a model says.

    Args:
        model: What ``models.load`` gives; an object with ``name``, ``score`` and ``chat`` will do.
        templates: Texts with slots in braces: ``{name} asked for a loan because {they} ...``.
        by: Whose words: ``gender``, ``origin``, ``nationality`` or ``religion``.
        words: Of the user's own, in the place of the built-in ones.
        continuations: Texts whose log-probability after each template is compared.
        max_tokens: Of an answer to each template; 0 asks for none.
        lexicon: By which insults in answers are counted; the built-in one if none is given.
        inference: How uncertainty is told.

    Raises:
        InputError: There is no template, a template without a slot, or nothing to measure.
        CapabilityError: The model cannot score, or cannot chat.
    """
    settings, words = SwapSettings(max_tokens), words or read_swap_words(by)
    filled = fill_templates(templates, words)
    check_swaps(filled, continuations, settings)
    lexicon = lexicon or read_lexicon()
    if continuations:
        check_can_score(model)
    asked = ask_swaps(
        filled,
        list(words.groups),
        continuations=continuations,
        settings=settings,
        lexicon=lexicon,
        get_model=lambda: model,
    )
    return conclude_swaps(
        asked,
        words,
        templates=templates,
        lexicon=lexicon,
        model=model.name,
        engine=str(getattr(model, "engine", "")),
        inference=inference or Inference(),
    )
