"""An empty name is a mistake, not the folder one stands in."""

from __future__ import annotations

import pytest

from workbench.cli.main import main


@pytest.mark.parametrize(
    "arguments",
    [["report", "run", ""], ["evaluation", "perplexity", ""], ["report", "run", "x", "--out", ""]],
)
def test_an_empty_path_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "is empty" in capsys.readouterr().err
