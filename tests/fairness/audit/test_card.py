"""The section of a model card: it says what the audit says, also of what was left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.fairness.audit.card import write_card
from workbench.fairness.audit.group_audit import audit_groups
from workbench.fairness.audit.operations import card
from workbench.fairness.audit.precision import Precision
from workbench.fairness.audit.result import GroupAudit

ROWS = 600


@pytest.fixture(scope="module")
def audit() -> GroupAudit:
    generator = np.random.default_rng(0)
    town = generator.choice(["a|b", "c_d", "<e>"], ROWS, p=(0.5, 0.47, 0.03))
    y = (generator.random(ROWS) < 0.5).astype(int)
    y_hat = np.where(generator.random(ROWS) < np.where(town == "c_d", 0.4, 0.1), 1 - y, y)
    return audit_groups(
        y,
        y_hat,
        sensitive={"town": town, "sex": generator.choice(["f", "m"], ROWS)},
        precision=Precision(draws=300),
        dataset="made",
        model="rule",
    )


def faults(text: str, audit: GroupAudit) -> list[str]:
    """What of the audit the section does not say."""
    found = []
    for metric in ("selection_rate", "accuracy_score"):
        for figure in audit.groups:
            said = f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"
            if figure.metric == metric and said not in text:
                found.append(f"{metric} of {figure.group}")
    parity = audit.disparity("demographic_parity_difference")
    if f"{parity.value:.3f} ({parity.low:.3f} to {parity.high:.3f})" not in text:
        found.append("demographic parity")
    found += [each.reason for each in audit.excluded if each.reason not in text]
    return found


def test_the_section_says_what_the_audit_says(audit: GroupAudit) -> None:
    text = write_card(audit)
    assert faults(text, audit) == []
    assert "### By town alone" in text
    assert "### By sex alone" in text
    without = text.replace("fewer than 30 rows", "")
    assert faults(without, audit)  # the look sees what is missing


def test_its_tables_stay_tables_whatever_the_data_holds(audit: GroupAudit) -> None:
    from html.parser import HTMLParser

    markdown = pytest.importorskip("markdown_it")
    html = markdown.MarkdownIt("commonmark").enable("table").render(write_card(audit))
    rows: list[int] = []

    class Rows(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag == "tr":
                rows.append(0)
            elif tag in ("td", "th"):
                rows[-1] += 1

    Rows().feed(html)
    assert set(rows) <= {4, 6}  # each row as wide as its head
    assert "town=a|b" in html
    assert "&lt;e&gt;" in html


def test_the_operation_writes_it(tmp_path: Path) -> None:
    generator = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "y": generator.integers(0, 2, 300),
            "y_hat": generator.integers(0, 2, 300),
            "sex": generator.choice(["f", "m"], 300),
        }
    )
    frame.to_csv(tmp_path / "p.csv", index=False)
    written = card(tmp_path / "card.md", predictions=tmp_path / "p.csv", sensitive=["sex"])
    assert (tmp_path / "card.md").read_text("utf-8") == written.text
    assert written.text.startswith("## Fairness\n")
    by_default = card(predictions=tmp_path / "p.csv", sensitive=["sex"])
    assert by_default.path.read_text("utf-8") == written.text
