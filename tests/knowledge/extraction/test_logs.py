"""Logs are searched and not read for facts: a parse of them takes long and gives none."""

from __future__ import annotations

import pytest

from workbench.knowledge.extraction.dependency import extractor as dependency
from workbench.knowledge.extraction.dependency.extractor import DependencyExtractor
from workbench.knowledge.extraction.dependency.logs import is_log
from workbench.knowledge.extraction.protocol import Passage

LOGS = (
    "2026-03-01 08:00:01,123 INFO [db] Ready\n2026-03-01 08:00:02,1 WARN x\n2026-03-01 08:01:01 y",
    "Mar  1 08:00:01 host sshd[1]: Accepted\nMar  1 08:00:02 host x\nMar  1 08:00:03 host y",
    "[08:00:01] one\n[08:00:02] two\n[08:00:03] three",
    "INFO: one\nERROR: two\nDEBUG three",
    '10.0.0.1 - - [01/Mar/2026] "GET /"\n10.0.0.2 - - [01/Mar/2026] x\n10.0.0.3 - - [y] z',
)
NO_LOGS = (
    "Ada Lund was born in Graz.\nShe died in Wels.\nShe was a painter.",
    "08:30 Breakfast.\n09:00 The meeting.\n10:00 A walk.",
    "2026-03-01\nRain all day.\nGreta came.",
    "2026-03-01 08:00:01 INFO Ready",  # a line alone
    "Info on the house\nError on my part\nInformation",
)


@pytest.mark.parametrize("text", LOGS)
def test_a_log_is_told(text: str) -> None:
    assert is_log(text)


@pytest.mark.parametrize("text", NO_LOGS)
def test_notes_are_none(text: str) -> None:
    assert not is_log(text)


def test_a_log_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    said = "2026-03-01 08:00:0{} Ada Lund was born in Graz."
    log = Passage("\n".join(map(said.format, range(3))))
    assert not DependencyExtractor(settler=None).extract(log).mentions
    monkeypatch.setattr(dependency, "is_log", lambda text: False)
    assert DependencyExtractor(settler=None).extract(log).mentions
