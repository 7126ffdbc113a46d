"""How encrypted inference is drawn: the same class or not, what it cost, which bits are left."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from workbench.studio.cards import card
from workbench.studio.chart import Chart, bars
from workbench.studio.markup import count, escape, number, size
from workbench.studio.tables import table

if TYPE_CHECKING:
    from workbench.privacy.encryption.client import EncryptedAnswers
    from workbench.privacy.encryption.keys import KeyFolder
    from workbench.privacy.encryption.plan import Plan
    from workbench.privacy.encryption.running import EncryptedInference

_STEPS = {2: ("square",), 3: ("square", "cube"), 4: ("square", "square")}


def draw_inference(found: EncryptedInference) -> str:
    """Whether the classes are those of the plain model, accuracies, time, bits and keys."""
    differ = round((1.0 - found.agreement_plain) * found.samples)
    same = "✓ same classes as in plain" if not differ else f"✗ {count(differ, 'row')} differ"
    shape = "-".join(map(str, found.shape))
    facts = [shape, f"{found.samples} rows of {found.dataset}", f"{found.calls} calls"]
    if found.outside:
        facts.append(f"{count(found.outside, 'row')} outside of a polynomial's range")
    if found.undecided:
        facts.append(f"{count(found.undecided, 'row')} within the noise")
    notes = "".join(f"<li>{escape(each)}</li>" for each in found.disagreements)
    parts = [
        _head(("bad" if differ else "good", same), f"{found.model} on ciphertexts", facts),
        table(_accuracies(found), title="Accuracy").html(),
        f'<ul class="q">{notes}</ul>' if notes else "",
        plot_call(found).picture(),
        _chain(found.prime_bits, found.degrees),
        f'<p class="q">Scores are off by {number(found.error)} at most, '
        f"{number(found.error_bound)} was foretold; {found.precision_bits:.1f} bits are left of "
        f"scores up to {number(found.output_range)}. {_keys_said(found)}</p>",
        _folded("Every figure", _figures(found)),
    ]
    return card("".join(parts))


def draw_plan(plan: Plan) -> str:
    """A compiled model: its layers, rotations and bits."""
    parameters = plan.parameters
    facts = [
        f"{plan.batch} samples a ciphertext",
        f"{count(plan.rotations, 'rotation')} by {count(len(plan.steps), 'key')}",
        f"ring {parameters.degree:,}",
    ]
    rows = [
        {
            "layer": f"{each.inputs} → {each.outputs}",
            "baby steps": each.baby - 1,
            "giant steps": each.giant - 1,
            "folds": len(each.folds),
            "then": f"polynomial of degree {degree}" if degree else "scores",
        }
        for each, degree in zip(plan.products, (*plan.degrees, 0), strict=True)
    ]
    return card(
        _head(("plain", "· compiled"), f"{plan.name} ({'-'.join(map(str, plan.shape))})", facts)
        + _chain(parameters.prime_bits, plan.degrees)
        + table(rows, title="Rotations").html()
        + f'<p class="q">Scores up to {number(plan.output_range)}, off by at most '
        f"{number(plan.error_bound)}.</p>"
    )


def draw_keys(found: KeyFolder) -> str:
    """Where the keys are, and how large those for a server are."""
    return card(
        _head(("good", "✓ keys made"), f"key {found.key[:16]}", [f"plan {found.plan[:12]}"])
        + f"<p>The secret key stays in <code>{escape(found.folder)}</code>. "
        f"{size(found.given_bytes)} for the server are in <code>{escape(found.for_server)}</code>."
        f'</p><p class="q">{_keys_said(found)}</p>'
    )


def draw_answers(found: EncryptedAnswers) -> str:
    """How often each label came, and which rows are to be doubted."""
    counts = Counter(map(str, found.labels))
    rows = [{"label": label, "rows": times} for label, times in sorted(counts.items())]
    doubt = ", ".join(map(str, found.doubtful[:20]))
    note = f"<p>No known row had scores like those of row {doubt}.</p>" if doubt else ""
    return card(
        _head(
            ("good", "✓ decrypted"),
            count(len(found.labels), "row"),
            [count(len(found.calls), "call")],
        )
        + table(rows, title="Labels").html()
        + note
        + '<p class="q">The scores are for whoever has the key: give labels away, not scores.</p>'
    )


def plot_call(found: EncryptedInference) -> Chart:
    """Where the time of a call goes."""
    other_s = max(found.call_s - found.encrypt_s - found.compute_s - found.decrypt_s, 0.0)
    rows = [
        {"step": "encrypt", "ms": 1000 * found.encrypt_s},
        {"step": "compute on ciphertexts", "ms": 1000 * found.compute_s},
        {"step": "send and receive", "ms": 1000 * other_s},
        {"step": "decrypt, write to the ledger", "ms": 1000 * found.decrypt_s},
    ]
    title = f"A call of {found.samples_per_call} samples takes {1000 * found.call_s:.0f} ms"
    return bars(
        rows, "step", "ms", title=title, x_title="step", y_title="median ms", height_px=200,
        sideways=True,
    )  # fmt: skip


def _accuracies(found: EncryptedInference) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [
        {"model": f"as trained ({_named(found.activations)})",
         "accuracy": found.accuracy_trained, "same class as encrypted": found.agreement_trained},
    ]  # fmt: skip
    if found.degrees:
        degrees = ", ".join(map(str, found.degrees))
        rows.append(
            {"model": f"deployed (degree {degrees})", "accuracy": found.accuracy_plain,
             "same class as encrypted": found.agreement_plain}
        )  # fmt: skip
    rows.append(
        {"model": "encrypted", "accuracy": found.accuracy_encrypted, "same class as encrypted": 1.0}
    )
    return rows


def _named(activations: tuple[str, ...]) -> str:
    return ", ".join("ReLU" if name == "relu" else name for name in activations) or "linear"


def _figures(found: EncryptedInference) -> list[dict[str, Any]]:
    import dataclasses

    def told(value: Any) -> str:
        return ", ".join(map(number, value)) if isinstance(value, tuple) else number(value)

    return [
        {"figure": each.name.replace("_", " "), "value": told(getattr(found, each.name))}
        for each in dataclasses.fields(found)
    ]


def _keys_said(found: EncryptedInference | KeyFolder) -> str:
    return (
        f"{count(found.galois_keys, 'Galois key')} of {size(found.galois_bytes)} in place of "
        f"{found.full_galois_keys} of {size(found.full_galois_bytes)}."
    )


def _chain(prime_bits: tuple[int, ...], degrees: tuple[int, ...]) -> str:
    """The bits of the modulus as one bar: what each level pays for."""
    names = ["scores"]
    steps: list[str] = []
    for degree in (*degrees, 0):
        steps += ["layer", *_STEPS.get(degree, ())]
    steps = steps[: len(prime_bits) - 2]  # a last layer that is not rescaled uses up nothing
    names += [*reversed(steps), "keys"]
    fills = ["var(--good)", *["var(--bar)"] * len(steps), "var(--line)"]
    parts = "".join(
        f'<span style="flex:{bits} 1 0;min-width:0;border-top:8px solid {fill};padding-top:2px">'
        f"{escape(name)} {bits}</span>"
        for bits, name, fill in zip(prime_bits, names, fills, strict=True)
    )
    said = ", ".join(f"{name} {bits}" for name, bits in zip(names, prime_bits, strict=True))
    total = sum(prime_bits)
    return (
        f'<p class="q">The modulus has {total} bits: each step on ciphertexts uses up one part, '
        f'from the right.</p><div role="img" aria-label="{total} bits: {escape(said)}" '
        f'class="q" style="display:flex;gap:3px;max-width:560px;margin:.2rem 0 .5rem">{parts}</div>'
    )


def _head(mark: tuple[str, str], title: str, facts: list[str]) -> str:
    quiet = "".join(f'<span class="q">{escape(word)}</span>' for word in facts)
    return (
        f'<div class="top"><span class="pill {mark[0]}">{escape(mark[1])}</span>'
        f"<strong>{escape(title)}</strong>{quiet}</div>"
    )


def _folded(title: str, rows: list[dict[str, Any]]) -> str:
    shown = table(rows, title=title).html()
    return f"<details><summary>{escape(title)}</summary>{shown}</details>"
