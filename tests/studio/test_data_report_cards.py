"""The report of checks draws itself, and what stands in a row is never markup."""

from __future__ import annotations

from workbench.core.viewers import mime_bundle
from workbench.finetuning.examples import of_prompt
from workbench.finetuning.snapshots.checking import check_examples


def test_a_report_names_each_finding_and_escapes_what_it_quotes() -> None:
    rows = [of_prompt("What is <b>?", "A bold <i>mark</i>", identity=f"<u>{n}") for n in range(3)]
    html = mime_bundle(check_examples(rows)[1])["text/html"]
    assert "exact duplicate" in html and "&lt;u&gt;2" in html and "<u>" not in html
    assert "Refused: 2 of 3 rows" in html
    good = mime_bundle(check_examples(rows[:1])[1])["text/html"]
    assert "Nothing was found" in good and "Refused" not in good
