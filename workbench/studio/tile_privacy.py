"""The home page's tile of privacy: what is left of the budgets, and how the ledger stands."""

from __future__ import annotations

from workbench.studio.links import current_links
from workbench.studio.markup import count, escape, number, when
from workbench.studio.privacy_facts import PrivacyFacts
from workbench.studio.privacy_panels import EXHAUSTED, share_left, told_check
from workbench.studio.tiles import tile

_PAGE = "notebooks/dashboards/privacy.ipynb"
_facts = PrivacyFacts()


@tile("privacy", title="Privacy", order=39, stamp=_facts.stamp, look=_facts.look)
def draw_privacy() -> str:
    """Two lines, and the way to the page that has all of it."""
    for error in _facts.now.trouble.values():
        raise error
    link = f'<p><a href="{escape(current_links().dashboard(_PAGE))}">The privacy page</a></p>'
    return f"<p>{_budgets()}</p><p>{_ledger()}</p>{link}"


def _budgets() -> str:
    kept = [each for each in _facts.now.budgets if each.epsilon]
    if not kept:
        return "No privacy budget: <code>workbench privacy budget set digits --epsilon 3</code>"
    least = min(kept, key=share_left)
    name = escape(_facts.now.name_of(least.dataset_sha256))
    left = f"has {number(least.left)} of epsilon {number(least.epsilon)} left"
    if share_left(least) < EXHAUSTED:
        left = "✗ is exhausted"
    return f"{count(len(kept), 'privacy budget')}: {name} {left}"


def _ledger() -> str:
    now = _facts.now
    if not now.entries:
        return "The ledger is empty."
    signed = now.checkpoints[0] if now.checkpoints else None
    told = f"signed {when(signed.time)}" if signed else "never signed"
    said = "not verified yet"
    if now.check is not None:
        said = f"{told_check(now.check)[1]} {when(now.check.checked_s)}"
    return f"Ledger: {count(now.entries, 'entry', 'entries')}, {told}, {said}"
