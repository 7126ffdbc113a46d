"""The page that explains answers: which tokens made them, with what the result's own checks say."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from workbench.core import operations
from workbench.studio.explain_checks import draw_checks
from workbench.studio.operation_forms import OLD_NOTE, Field, OperationForm, form_tabs
from workbench.studio.pages import Page, head_of, keep
from workbench.studio.tiles import Tile

if TYPE_CHECKING:
    from workbench.interpretability.attribution.result import Attribution

_PROMPT = "The capital of France is"
_METHOD = "ablation"
_ROW = (
    Field("dataset", "Data set or file", "german"),
    Field("row", "Row of its test part, from 0", 0),
    Field("model", "Model of the table", choices=(
        "gradient_boosting", "logistic", "tree", "forest", "linear", "mlp")),
)  # fmt: skip
_READ = (
    "<p>Each token of the prompt has a score in nats: how much more likely it made the answer than "
    "it would be with the baseline in the token's place. Blue with a whole line made it likelier, "
    "orange with a broken line less likely.</p><p>An answer of yours starts with a space, as it "
    "would go on after the prompt.</p><p>Choose a token of the answer to see what made "
    "that one. With the keyboard: arrows move, Enter chooses, Escape takes it back.</p>"
    "<p>Scores are of this model, this prompt and this baseline; the checks beside them say how "
    "far they can be trusted.</p>"
)
_SAID = (
    "Why a model of this machine says what it says: which tokens of the prompt made "
    "the answer, and what stands inside."
)


class ExplainPage(Page):
    """The form with its saliency, the checks of the last result, and what stands inside."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.found: Attribution | None = None
        self.turn = 0
        self.form = OperationForm(
            "interpretability.attribute", _attribution_fields(), button="Explain",
            on_result=self.take, on_ask=self.forget, on_old=self.redraw,
        )  # fmt: skip
        self.inside = _inside()
        tiles = self._tiles()
        super().__init__(
            tiles, head=head_of("Explain", _SAID, tiles),
            title="The page of Workbench that explains answers",
            sheets=("widgets", "explain"),
        )  # fmt: skip

    def take(self, found: Attribution) -> None:
        """Show the checks of a new result; called in the thread that made it."""
        with self._lock:
            self.found = found
        self.redraw()

    def forget(self) -> None:
        """Take away the checks of an earlier form: something else was asked."""
        with self._lock:
            self.found = None
        self.redraw()

    def redraw(self) -> None:
        """Draw the checks again."""
        with self._lock:
            self.turn += 1
            self.refresh()

    def _checks(self) -> list[Any]:
        drawn = draw_checks(self.found)
        return [OLD_NOTE, *drawn] if self.found is not None and self.form.is_old else drawn

    def _tiles(self) -> list[Tile]:
        def turn() -> Hashable:
            return self.turn

        tiles = [
            Tile("ask", "Which tokens made the answer", lambda: [self.form.widget], wide=True,
                 stamp=lambda: None),
            Tile("checks", "Checks", self._checks, stamp=turn),
            Tile("read", "How to read it", lambda: _READ, stamp=lambda: None),
        ]  # fmt: skip
        if self.inside is not None:
            title = "Inside the model, and models of tables"
            inside = Tile("inside", title, lambda: [self.inside], wide=True, stamp=lambda: None)
            tiles.insert(1, inside)
        return tiles


def _attribution_fields() -> tuple[Field, ...]:
    return (
        Field("prompt", "Prompt", _PROMPT, long=True),
        Field("target", "Answer", hint="the model's own"),
        Field("model", "Model", _first_model(), choices=_models()),
        Field("method", "Method", _METHOD, choices=_method_choices()),
        Field("baseline", "Baseline"),
        Field("groups", "Groups"),
        Field("max_target_tokens", "Longest answer of its own, in tokens", 8),
        Field("chat", "The prompt is a message in a chat"),
    )


def _inside() -> Any:
    """Lens, patching, attention and rows of tables, as far as their operations are there."""
    model = Field("model", "Model", _first_model(), choices=_models())
    methods = Field("method", "Method", _METHOD, choices=_method_choices())
    wanted = (
        ("Methods", "interpretability.compare", "Compare the methods",
         (Field("prompt", "Prompt", _PROMPT, long=True), Field("target", "Answer", " Paris"),
          model)),
        ("Two prompts", "interpretability.contrast", "Compare the prompts",
         (Field("prompt", "First prompt", _PROMPT, long=True),
          Field("other_prompt", "Second prompt", "The capital of Italy is", long=True),
          Field("target", "Answer", " Rome", hint="the model's own"),
          Field("other_target", "Answer to the second", hint="the same as to the first"),
          model, methods)),
        ("Two models", "interpretability.contrast", "Compare the models",
         (Field("prompt", "Prompt", _PROMPT, long=True), Field("target", "Answer", " Paris"),
          Field("model", "First model", _first_model(), choices=_models()),
          Field("other_model", "Second model", _other_model(), choices=_models()), methods)),
        ("Lens", "interpretability.lens", "Read the layers",
         (Field("text", "Text", _PROMPT, long=True), Field("target", "Token to follow", " Paris"),
          model)),
        ("Patching", "interpretability.patch", "Patch",
         (Field("clean", "Clean prompt", "The capital of France is", long=True),
          Field("corrupted", "Corrupted prompt, as many tokens", "The capital of Italy is",
                long=True),
          Field("answer", "Answer of the clean one", " Paris"),
          Field("wrong", "Answer of the corrupted one", " Rome"),
          Field("component", "What is patched"), model)),
        ("Attention", "interpretability.attention", "Read the attention",
         (Field("text", "Text", _PROMPT, long=True), Field("rollout", "All layers as one map"),
          model)),
        ("A table's row", "interpretability.explain_row", "Explain the row", _ROW),
        ("What if", "interpretability.counterfactuals", "Find what would change it",
         (*_ROW, Field("wanted", "Wanted", hint="another than it has"),
          Field("max_changes", "At most so many changes"))),
    )  # fmt: skip
    return form_tabs(wanted)


def _method_choices() -> tuple[tuple[str, str], ...]:
    found = operations.find("interpretability.methods").run({})
    return tuple((row.title, row.name) for row in found)


def _models() -> tuple[tuple[str, str], ...]:
    """Models that can be looked into; those on this disk first, each with its adapters."""
    from workbench.models.adapter_operations import list_adapters
    from workbench.models.operations import list_models

    rows = [row for row in list_models() if row.kind == "chat" and "transformers" in row.engines]
    rows.sort(key=lambda row: not row.present)
    found: list[tuple[str, str]] = []
    for row in rows:
        found.append((row.name if row.present else f"{row.name} (fetched first)", row.name))
        if row.present:
            found += [(adapter.name, adapter.name) for adapter in list_adapters(base=row.name)]
    return tuple(found)


def _first_model() -> str | None:
    from workbench.core import settings

    names = [name for _, name in _models()]
    chosen = str(settings.get("model"))
    return chosen if chosen in names else next(iter(names), None)


def _other_model() -> str | None:
    """Another than the first, if there is one: on this disk if possible."""
    names = [name for _, name in _models()]
    return next((name for name in names if name != _first_model()), None)


def explain() -> Page:
    """The page that explains answers."""
    return keep(ExplainPage())
