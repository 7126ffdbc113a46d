"""The page that looks for unfairness: an audit, thresholds to move, and ways to a fairer model."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from workbench.studio.fairness_charts import readable, short_name
from workbench.studio.fairness_live import LivePanel
from workbench.studio.markup import escape
from workbench.studio.operation_forms import OLD_NOTE, Field, OperationForm, form_tabs
from workbench.studio.pages import Page, head_of, keep
from workbench.studio.tiles import Tile

if TYPE_CHECKING:
    from workbench.fairness.audit.result import Disparity, GroupAudit

_MODELS = ("gradient_boosting", "logistic", "tree", "forest", "mlp")
_DATASET = Field("dataset", "Data set or file", "adult")
_SENSITIVE = Field("sensitive", "Sensitive columns, with commas", "sex")
# Of a table of one's own these are asked for, whatever is done with it.
_MODEL = (
    Field("model", "Model of the table", "gradient_boosting", choices=_MODELS),
    Field("target", "Column to predict", hint="the catalogue's"),
    Field("positive", "Label that counts as 1", hint="1, or the last of two"),
)
_MIN_ROWS = Field("min_rows", "Least rows of a group")
_EXCLUDE = Field("exclude", "Columns the model must not read", hint="none")
_MAIN = (
    "demographic_parity_difference",
    "equal_opportunity_difference",
    "false_positive_rate_difference",
    "accuracy_score_difference",
    "mean_absolute_error_difference",
)
_LEVEL = 0.05
_READ = (
    "<p>A dot is what was counted on rows that the model has not seen, its line the 95% interval. "
    "Groups may be alike where the test finds no difference; the interval of a largest gap can "
    "begin at 0 even where it does.</p><p>Moving a threshold changes "
    "decisions, not the model. Equal selection and equal recognition can rarely be had together; "
    "which one counts is for people to decide, before the thresholds.</p><p>"
    "A p value comes from resamples and cannot be less than one over their number; disparities at "
    "that floor read the same, however clear they are.</p><p>A threshold by group "
    "needs the group of everyone it decides about. That may not be allowed.</p>"
)
_SAID = (
    "Whom a model of this machine serves worse, how sure that is, and what could be done about it."
)


class FairnessPage(Page):
    """The audit's form and figures, live thresholds, and forms for what else can be asked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.found: GroupAudit | None = None
        self.turn = 0
        self.live = LivePanel()
        self.form = OperationForm(
            "fairness.audit", (_DATASET, _SENSITIVE, *_MODEL, _EXCLUDE, _MIN_ROWS), button="Audit",
            on_result=self.take, on_ask=self.forget, on_old=self.redraw,
        )  # fmt: skip
        self.more = _more(self.form)
        tiles = self._tiles()
        super().__init__(
            tiles, head=head_of("Fairness", _SAID, tiles),
            title="The page of Workbench that looks for unfairness",
            sheets=("explain", "fairness"),
        )  # fmt: skip

    def take(self, found: GroupAudit) -> None:
        """Show a new audit's thresholds; called in the thread that made it."""
        with self._lock:
            self.found = found
            self.live.show(found)
        self.redraw()

    def forget(self) -> None:
        """Take away what an earlier audit left: something else was asked."""
        with self._lock:
            self.found = None
            self.live.clear()
        self.redraw()

    def redraw(self) -> None:
        """Draw what belongs to the audit again, and mark it as old if it is."""
        with self._lock:
            self.turn += 1
            self.live.mark_old(self.form.is_old)
            self.refresh()

    def _apart(self) -> list[Any]:
        drawn = _apart(self.found)
        return [OLD_NOTE, *drawn] if self.found is not None and self.form.is_old else drawn

    def _tiles(self) -> list[Tile]:
        def turn() -> Hashable:
            return self.turn

        tiles = [
            Tile("audit", "Who is served worse", lambda: [self.form.widget], wide=True,
                 stamp=lambda: None),
            Tile("live", "Move the thresholds", lambda: [self.live.widget], wide=True,
                 stamp=lambda: None),
            Tile("apart", "How far apart", self._apart, stamp=turn),
            Tile("read", "How to read it", lambda: _READ, stamp=lambda: None),
        ]  # fmt: skip
        if self.more is not None:
            more = Tile("more", "Go further", lambda: [self.more], wide=True, stamp=lambda: None)
            tiles.insert(2, more)
        return tiles


def _apart(found: GroupAudit | None) -> list[Any]:
    """The main disparities in words, and the groups that nothing was said about."""
    if found is None:
        return ['<p class="q">Audit something to see its disparities here.</p>']
    lines = "".join(_line(each) for each in found.disparities if each.metric in _MAIN)
    left = "".join(
        f"<li>{escape(each.group)}, {each.n:,} rows: {escape(each.reason)}</li>"
        for each in found.excluded
        if each.metric is None
    )
    said = f"<h3>Groups left out</h3><ul>{left}</ul>" if left else ""
    return [f'<ul class="wb-apart">{lines}</ul>{said}']


def _line(each: Disparity) -> str:
    p = each.p_holm
    verdict = "" if p is None else "groups differ" if p <= _LEVEL else "may be luck"
    kind = "mark" if verdict == "groups differ" else "plain"
    pill = f' <span class="pill {kind}">{verdict}</span>' if verdict else ""
    between = " and ".join(short_name(name) for name in each.between)
    return (
        f"<li><b>{escape(readable(each.metric))}</b> {each.value:.3f}"
        f' <span class="q">({each.low:.3f} to {each.high:.3f}), {escape(between)}</span>{pill}</li>'
    )


def _more(audit: OperationForm) -> Any:
    """Slices, fairer models and what they cost, probes, as far as their operations are there.

    What is audited is what the others begin with.
    """
    own = (_DATASET, _SENSITIVE, *_MODEL, _MIN_ROWS)
    wanted = (
        ("Slices", "fairness.slices", "Search",
         (_DATASET, Field("columns", "Columns, with commas", hint="all"), *_MODEL,
          Field("depth", "Conditions at most", 2))),
        ("Fairer", "fairness.mitigate", "Make it fairer",
         (*own, Field("method", "How"), Field("constraint", "What shall be equal"))),
        ("Cost", "fairness.trade_off", "Show the cost",
         (*own, Field("constraint", "What shall be equal"))),
        ("Language", "fairness.probe", "Probe",
         (Field("dataset", "Probe", "crows_pairs"), Field("model", "Model", "smollm2-135m"),
          Field("limit", "Rows", 40))),
    )  # fmt: skip
    return form_tabs(wanted, follow=audit)


def fairness() -> Page:
    """The page that looks for unfairness."""
    return keep(FairnessPage())
