"""Results of interpretability as notebooks draw them: each by the widget that is made for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError

if TYPE_CHECKING:
    from workbench.interpretability.attribution.comparison import Comparison
    from workbench.interpretability.attribution.contrast import Contrast
    from workbench.interpretability.attribution.result import Attribution
    from workbench.interpretability.inside.results import AttentionMaps, Grid, Neuron, TopText
    from workbench.studio.widgets.showing import Shown

_FEW = 10  # ranks that count as near the top


def draw_attribution(found: Attribution) -> dict[str, Any]:
    """The saliency; its fields where it is too large for one."""
    from workbench.studio.widgets.saliency import saliency

    try:
        shown: Shown = saliency(found)
    except InputError as error:
        return _plainly(found, error)
    return shown.bundle()


def draw_methods(found: Comparison) -> dict[str, Any]:
    """Several methods on one prompt; the fields where they are too large for that."""
    from workbench.studio.widgets.methods_drawn import bundle

    try:
        return bundle(found)
    except InputError as error:
        return _plainly(found, error)


def draw_contrast(found: Contrast) -> dict[str, Any]:
    """Two prompts or two models side by side; the fields where they are too large for that."""
    from workbench.studio.widgets.comparison import compare

    try:
        shown: Shown = compare(found.first, found.second, names=found.names)
    except InputError as error:
        return _plainly(found, error)
    return shown.bundle()


def draw_grid(found: Grid) -> dict[str, Any]:
    """Numbers with names at their sides: a lens, a patching grid, one head's attention."""
    from workbench.studio.widgets.heat_map import heat_map

    try:
        shown = heat_map(
            found.values, found.row_labels, found.column_labels, unit=found.unit,
            title=_title(found), row_title=found.rows, column_title=found.columns,
            centre=found.centre, words=found.cell_texts or (), facts=_facts(found),
        )  # fmt: skip
    except InputError as error:
        return _plainly(found, error)
    return shown.bundle()


def draw_attention(found: AttentionMaps) -> dict[str, Any]:
    """Every head's map, chosen by name; where they are too many, the mean of each layer's heads."""
    from workbench.studio.widgets.heat_map import MOST_VALUES, heat_map

    layers, heads = found.values.shape[:2]
    size = found.values.size
    values = found.values.reshape(layers * heads, *found.values.shape[2:])
    names = [f"{layer}.{head}" for layer in found.layers for head in range(heads)]
    facts = [f"{layers} layers, {heads} heads; a row is who looks, a column who is looked at"]
    what = "layer.head"
    if size > MOST_VALUES:
        values, names, what = found.values.mean(axis=1), [str(n) for n in found.layers], "layer"
        facts.append("each map is the mean of its layer's heads: all of them are too many to show")
    try:
        shown = heat_map(
            values, found.tokens, found.tokens, unit=found.unit, title=f"Attention: {found.model}",
            row_title="query", column_title="key", panels=names, panel_title=what, centre=None,
            facts=facts,
        )  # fmt: skip
    except InputError as error:
        return _plainly(found, error)
    return shown.bundle()


def draw_neuron(found: Neuron) -> dict[str, Any]:
    """The texts that make it most active, with the token where it is."""
    from workbench.studio.cards import card
    from workbench.studio.markup import escape, number
    from workbench.studio.tokens import visible

    rows = "".join(
        f"<tr><td class='n'>{number(float(each.activation))}</td><td>{_marked(each)}</td></tr>"
        for each in found.top
    )
    promoted = ", ".join(f"<code>{escape(visible(token))}</code>" for token in found.promotes)
    told = f'<p class="cost"><span>It writes towards {promoted}</span></p>' if promoted else ""
    html = card(
        f'<div class="top"><strong>Neuron {found.neuron} of layer {found.layer}</strong>'
        f'<span class="q">{escape(found.model)}, {found.texts_seen:,} texts seen</span></div>{told}'
        f"<table><thead><tr><th class='n'>{escape(found.unit)}</th><th>where</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )
    return {"text/html": html, "text/plain": repr(found)}


def _marked(text: TopText) -> str:
    """A text with the token marked that the neuron was most active at, and what is about it."""
    from workbench.studio.markup import escape

    begin, end = max(0, text.position - 16), text.position + 8
    before, token, after = (
        escape("".join(text.tokens[a:b]))
        for a, b in ((begin, text.position), (text.position, text.position + 1),
                     (text.position + 1, end))
    )  # fmt: skip
    first, last = "…" if begin else "", "…" if end < len(text.tokens) else ""
    return f"{first}{before}<mark>{token}</mark>{after}{last}"


def _title(found: Grid) -> str:
    return f"{found.title[:1].upper()}{found.title[1:]}: {found.model}"


def _facts(found: Grid) -> tuple[str, ...]:
    """What a result says of itself beside its numbers: short texts and single figures."""
    import dataclasses

    from workbench.studio.markup import number
    from workbench.studio.tables import heading
    from workbench.studio.widgets.shades import MINUS

    shown = {field.name for field in dataclasses.fields(_grid())}
    said = []
    for field in dataclasses.fields(found):
        value = getattr(found, field.name)
        if field.name in shown or isinstance(value, bool) or value is None:
            continue
        if isinstance(value, str) and len(value) <= 60:
            said.append(f"{heading(field.name)}: {value.strip()}")
        elif isinstance(value, (int, float)):
            said.append(f"{heading(field.name)} {number(value).replace('-', MINUS)}")
    return (*said, *_followed(found))


def _followed(found: Grid) -> tuple[str, ...]:
    """What a lens says of one token: where its numbers come from, and how it rises."""
    target, shares, ranks = (
        getattr(found, name, None) for name in ("target", "target_probabilities", "target_ranks")
    )
    if not hasattr(found, "top_tokens"):
        return ()
    said = [
        "a cell: what the layer would say next, and how far its forecast is from the last one's"
    ]
    if target is not None and shares is not None and ranks is not None:
        last = [int(rank) for rank in ranks[:, -1]]
        first = next((place for place, rank in enumerate(last) if rank <= _FEW), None)
        since = (
            "" if first is None else f", among the first {_FEW} from {found.row_labels[first]} on"
        )
        said.append(
            f"{target!r} after the last token: {100 * float(shares[-1, -1]):.1f}%, rank {last[-1]}"
            f"{since}"
        )
    return tuple(said)


def _grid() -> type[Grid]:
    from workbench.interpretability.inside.results import Grid

    return Grid


def _plainly(found: Any, error: InputError) -> dict[str, Any]:
    """What cannot be drawn as it should: why, and its fields."""
    from workbench.studio.cards import card, draw_fields
    from workbench.studio.markup import escape

    said = card(f'<p class="trouble">{escape(error.message)}</p>')
    return {"text/html": said + draw_fields(found), "text/plain": repr(found)}
