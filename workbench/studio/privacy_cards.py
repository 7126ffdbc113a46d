"""How private runs and attacks are drawn: what is claimed beside what was measured."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.privacy.dp.claims import describe_claim, describe_verdict
from workbench.privacy.dp.mechanisms import describe_mechanism
from workbench.studio.cards import card
from workbench.studio.markup import count, escape, number, when
from workbench.studio.tables import plain_table, table

if TYPE_CHECKING:
    from workbench.privacy.auditing.attribute_inference import AttributeInference
    from workbench.privacy.auditing.exposure import Exposure
    from workbench.privacy.auditing.membership import MembershipAttack
    from workbench.privacy.auditing.min_k import TextMembership
    from workbench.privacy.auditing.one_run import Audit
    from workbench.privacy.dp.accounting import PrivacyLoss
    from workbench.privacy.dp.budget import BudgetState, Spend
    from workbench.privacy.dp.mechanisms import Unit
    from workbench.privacy.dp.operations import RunCost
    from workbench.privacy.dp.statistics import PrivateFigure
    from workbench.privacy.dp.training import PrivateRun

_WIDTH, _HEIGHT = 320, 16


@dataclass(frozen=True)
class Bar:
    """One figure of a card: its name, its length, and the interval about it if there is one."""

    name: str
    value: float
    fill: str = "var(--bar)"
    low: float | None = None
    high: float | None = None
    told: str = ""


def draw_run(run: PrivateRun) -> str:
    """Accuracy and epsilon, the claim against what its canaries prove, and how it was made."""
    mark = _verdict(run.audit) if run.audit else ("plain", "· not audited")
    words = (
        f"accuracy {run.accuracy:.3f}",
        f"epsilon {number(run.epsilon_pld)} at delta {run.delta:g}, for one "
        f"{'row' if run.unit == 'example' else 'user'}",
    )
    lie = ""
    if run.noise_scale != 1:
        said = f"a made fault: {run.noise_scale:g} times the noise that is accounted for"
        lie = f'<p class="note">{said}</p>'
    facts = {
        "epsilon by Rényi": run.epsilon_rdp,
        "noise multiplier": run.noise_multiplier,
        "sampling rate": run.sampling_rate,
        "steps": run.steps,
        "clip norm": run.clip_norm,
        "single gradients by": run.mode,
        "rows": run.rows,
        "what is protected": unit_in_words(run.unit, run.rows_per_user),
        **({"users": run.users} if run.users is not None else {}),
        "seed": "none" if run.seed is None else run.seed,
        "noise from": run.noise,
        "sha256 of the data": run.dataset_sha256,
    }
    body = _audit_body(run.audit) if run.audit else ""
    if run.audit_note:
        why = run.audit_note if run.audit else f"Not audited: {run.audit_note}"
        body += f'<p class="note">{escape(why[:1].upper() + why[1:])}.</p>'
    made = f"<details><summary>How it was made</summary>{plain_table(facts)}</details>"
    return card(_head(mark, run.dataset, *words) + lie + body + made)


def unit_in_words(unit: Unit, rows_per_user: int | None) -> str:
    """What an epsilon protects."""
    if unit == "example":
        return "a row"
    return f"a user with all their rows, of which {rows_per_user} at most count"


def draw_audit(audit: Audit) -> str:
    """The claim against what the canaries of a run prove."""
    return card(_head(_verdict(audit), "Audit in one run") + _audit_body(audit))


def draw_cost(cost: RunCost) -> str:
    """What steps cost, by both accounts."""
    words = (
        count(cost.steps, "step"),
        f"noise multiplier {number(cost.noise_multiplier)}",
        f"sampling rate {number(cost.sampling_rate)}",
        f"delta {cost.delta:g}",
    )
    return card(_head(None, f"epsilon {_told(cost.epsilon_pld)}", *words) + _accounts(cost))


def draw_loss(loss: PrivacyLoss) -> str:
    """What was lost, by both accounts."""
    words = f"delta {loss.delta:g}"
    return card(_head(None, f"epsilon {_told(loss.epsilon_pld)}", words) + _accounts(loss))


def draw_attack(attack: MembershipAttack) -> str:
    """The attacker's advantage with its interval, between guessing and knowing."""
    what = "without privacy" if attack.epsilon is None else f"epsilon {number(attack.epsilon)}"
    found = attack.low > 0
    mark = ("bad", "✗ members are told") if found else ("good", "✓ no better than guessing")
    words = (
        what,
        f"accuracy {attack.accuracy:.3f}",
        f"{count(attack.models, 'model')} of {count(attack.rows, 'row')}",
    )
    bars = [
        Bar("advantage (0 guesses, 1 knows)", attack.advantage, _fill(found),
            attack.low, attack.high),
        Bar("found at 1% false alarms", attack.hits_at_1_percent),
    ]  # fmt: skip
    return card(_head(mark, "Membership inference", *words) + draw_bars(bars, most=1.0))


def draw_attribute(found: AttributeInference) -> str:
    """How often a kept back value is guessed right, with the model and without."""
    leaks = found.low > 0
    mark = ("bad", "✗ its rows are told") if leaks else ("good", "✓ no more than of others")
    what = "without privacy" if found.epsilon is None else f"epsilon {number(found.epsilon)}"
    words = (what, f"accuracy {found.accuracy:.3f}", f"{count(found.rows, 'row')} of each kind")
    bars = [
        Bar("guessing the commonest", found.majority, "var(--line)"),
        Bar("by other rows of the population", found.population),
        Bar("with the model too", found.with_model, _fill(leaks)),
    ]
    said = (
        f"The model adds {found.added:+.3f} for its own rows and {found.added_others:+.3f} for "
        f"others: {found.leak:+.3f} ({found.low:+.3f} to {found.high:+.3f}) is of its own."
    )
    head = _head(mark, f"Guessing {found.column}", *words)
    return card(f'{head}{draw_bars(bars, most=1.0)}<p class="q">{escape(said)}</p>')


def draw_exposure(exposure: Exposure) -> str:
    """What a model knows of planted secrets, beside what chance gives."""
    mark = ("bad", "✗ secrets were learnt") if exposure.learnt else ("good", "✓ as by chance")
    planted = [each for each in exposure.canaries if each.planted]
    words = (
        exposure.model,
        f"{exposure.first} of {len(planted)} secrets likeliest of {exposure.candidates + 1:,}",
        f"p {exposure.p_value:.2g}",
    )
    bars = [Bar("planted (mean, bits)", exposure.planted_bits, _fill(exposure.learnt))]
    if exposure.control_bits is not None:
        bars.append(Bar("not planted", exposure.control_bits, "var(--line)"))
    bars.append(Bar("chance", exposure.chance_bits, "var(--line)"))
    rows = [
        {
            "asked": each.prompt,
            "planted": "yes" if each.planted else "no",
            "rank": each.rank,
            "exposure (bits)": each.exposure_bits,
        }
        for each in exposure.canaries
    ]
    shown = table(rows, title="Each secret").html()
    folded = f"<details><summary>{count(len(rows), 'secret')}</summary>{shown}</details>"
    return card(_head(mark, "Exposure", *words) + draw_bars(bars, most=exposure.most_bits) + folded)


def draw_texts(found: TextMembership) -> str:
    """How well each way tells members: the area under its curve, .5 is guessing."""
    mark = ("bad", "✗ members are told") if found.told else ("good", "✓ no better than guessing")
    words = (found.model, f"{count(found.members, 'member')}, {count(found.others, 'other')}")
    bars = [
        Bar(f"{each.method} (.5 guesses)", each.auc, _fill(found.told), each.low, each.high)
        for each in found.attacks
    ]
    rows = [
        {
            "by": each.method,
            "advantage": each.advantage,
            "found at 1% false alarms": each.hits_at_1_percent,
        }
        for each in found.attacks
    ]
    shown = table(rows, title="Ways").html()
    return card(_head(mark, "Membership of texts", *words) + draw_bars(bars, most=1.0) + shown)


def draw_budget(state: BudgetState) -> str:
    """How much of a data set's budget is spent."""
    spent = f"{_told(state.spent)} spent in {count(state.spends, 'run')}"
    name = f"Data set {state.dataset_sha256[:12]}"
    words = (f"a unit is one {state.unit}", f"delta {state.delta:g}", spent)
    opened = ""
    if state.open_spends:
        said = f"{count(state.open_spends, 'run')} without an end: going on, or killed"
        opened = f'<p class="q">{said}</p>'
    if state.epsilon is None:
        return card(_head(("plain", "· no budget set"), name, *words) + opened)
    full = (state.left or 0) < 0.01 * state.epsilon
    mark = ("bad", "✗ exhausted") if full else ("good", f"✓ {number(state.left)} left")
    bars = [Bar(f"of epsilon {number(state.epsilon)}", state.spent, _fill(full))]
    return card(_head(mark, name, *words) + draw_bars(bars, most=state.epsilon) + opened)


def draw_budgets(states: Sequence[BudgetState]) -> str:
    """A row a data set."""
    rows = [
        {
            "data set": each.dataset_sha256[:12],
            "unit": each.unit,
            "epsilon": each.epsilon,
            "delta": each.delta,
            "spent": each.spent,
            "left": each.left,
            "runs": each.spends,
            "without an end": each.open_spends,
        }
        for each in states
    ]
    return table(rows, title="Privacy budgets").html()


def draw_spends(spends: Sequence[Spend]) -> str:
    """A row a run, the oldest first."""
    rows = [
        {
            "when": when(each.recorded_s),
            "purpose": each.purpose,
            "what": describe_mechanism(each.mechanism),
            "unit": each.unit,
            "claim": describe_claim(each.claim),
            "audit": describe_verdict(each.verdict),
            "ended": "" if each.ended_s is None else when(each.ended_s),
        }
        for each in spends
    ]
    return table(rows, title="What was done with the data set").html()


def draw_spend(spend: Spend) -> str:
    """One use of a data set."""
    said = (describe_claim(spend.claim), describe_verdict(spend.verdict))
    words = (describe_mechanism(spend.mechanism), *filter(None, said), when(spend.recorded_s))
    mark = ("plain", "· open" if spend.ended_s is None else "✓ ended")
    if spend.verdict is not None and spend.verdict.refuted:
        mark = ("bad", "✗ claim refuted")
    return card(_head(mark, spend.purpose, *words))


def draw_figures(figures: Sequence[PrivateFigure]) -> str:
    """A row a figure, with the interval that its noise leaves."""
    rows = [
        {
            "figure": each.name,
            "value": each.value,
            "low": each.low,
            "high": each.high,
            "epsilon": each.epsilon,
        }
        for each in figures
    ]
    said = "how far the noise moved it depends on the rows: no interval is told"
    if any(each.low is not None for each in figures):
        said = "low to high holds it without noise in 19 of 20 draws"
    return table(rows, title=f"Private figures; {said}").html()


def draw_figure(figure: PrivateFigure) -> str:
    """A figure, with the interval that its noise leaves."""
    words = [f"epsilon {number(figure.epsilon)}"]
    if figure.low is not None:
        words.append(f"{number(figure.low)} to {number(figure.high)} in 19 of 20 draws of noise")
    return card(_head(None, f"{figure.name}: {number(figure.value)}", *words))


def draw_bars(bars: Iterable[Bar], *, most: float) -> str:
    """Bars with a name before and a figure behind; intervals as whiskers. ``most`` is full."""
    rows = "".join(
        f'<tr><th scope="row">{escape(bar.name)}</th><td>{_svg(bar, most)}</td>'
        f'<td class="n told">{escape(bar.told or _told(bar.value))}{_interval(bar)}</td></tr>'
        for bar in bars
    )
    return f'<div class="wide"><table><tbody>{rows}</tbody></table></div>'


def _audit_body(audit: Audit) -> str:
    fill = _fill(audit.flagged)
    bars = [
        Bar("claimed (at most)", audit.upper, "var(--mark)"),
        Bar("proven (at least)", audit.lower, fill),
        Bar("proven whatever the mechanism", audit.lower_any, fill),
    ]
    said = (
        f"{audit.right:,} of {audit.guesses:,} guesses about {audit.canaries:,} made canaries were "
        f"right; what is proven holds with {100 * audit.confidence:g}% confidence."
    )
    drawn = draw_bars(bars, most=max(audit.upper, audit.lower))
    return f'{drawn}<p class="q">{said}</p>'


def _accounts(loss: Any) -> str:
    bars = [Bar("by privacy loss distributions, which holds", loss.epsilon_pld)]
    if loss.epsilon_rdp is not None:
        bars.append(Bar("by Rényi, looser", loss.epsilon_rdp, "var(--line)"))
    return draw_bars(bars, most=max(bar.value for bar in bars))


def _verdict(audit: Audit) -> tuple[str, str]:
    return ("bad", "✗ claim refuted") if audit.flagged else ("good", "✓ claim not refuted")


def _head(mark: tuple[str, str] | None, title: str, *words: str) -> str:
    pill = f'<span class="pill {mark[0]}">{escape(mark[1])}</span>' if mark else ""
    quiet = "".join(f'<span class="q">{escape(word)}</span>' for word in words)
    return f'<div class="top">{pill}<strong>{escape(title)}</strong>{quiet}</div>'


def _fill(bad: bool) -> str:
    return "var(--bad)" if bad else "var(--good)"


def _told(value: float) -> str:
    return "without bound" if math.isinf(value) else number(value)


def _interval(bar: Bar) -> str:
    if bar.low is None or bar.high is None:
        return ""
    return f' <span class="q">({number(bar.low)} to {number(bar.high)})</span>'


def _svg(bar: Bar, most: float) -> str:
    """The bar; a value that has no bound fills it."""
    said = escape(f"{bar.name}: {_told(bar.value)}")
    x = _place(bar.value, most)
    whisker = ""
    if bar.low is not None and bar.high is not None:
        left, right = _place(bar.low, most), _place(bar.high, most)
        whisker = (
            f'<path d="M{left:.1f} 8H{right:.1f}M{left:.1f} 4V12M{right:.1f} 4V12" '
            'stroke="var(--ink)" fill="none"/>'
        )
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" role="img" '
        f'style="display:block;min-width:5rem;max-width:100%" aria-label="{said}">'
        f'<rect y="7" height="2" width="{_WIDTH}" fill="var(--line)"/>'
        f'<rect y="3" width="{x:.1f}" height="10" fill="{bar.fill}"/>{whisker}</svg>'
    )


def _place(value: float, most: float) -> float:
    if math.isinf(value):
        return float(_WIDTH)
    share = value / most if 0 < most < math.inf else 0.0
    return _WIDTH * min(1.0, max(0.0, share))
