"""A disk that is blind to case opens no file under a name that no role was given for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tornado.web import HTTPError

from workbench.knowledge.live.lab.contents import TeamContents
from workbench.knowledge.live.lab.letter_case import misspelt


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with a file, and one whose names are not of ASCII."""
    (tmp_path / "notebooks" / "secret").mkdir(parents=True)
    (tmp_path / "notebooks" / "secret" / "a.md").write_text("s")
    (tmp_path / "notebooks" / "zo\u00eb.md").write_text("z")
    return tmp_path


@pytest.fixture
def blind(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a disk of macOS answers to whether something is there."""

    def there(path: Path) -> bool:
        found = Path(path.anchor)
        for name in path.parts[1:]:
            same = [each for each in found.iterdir() if each.name.casefold() == name.casefold()]
            if not same:
                return False
            found = same[0]
        return True

    monkeypatch.setattr(os.path, "lexists", there)


@pytest.mark.usefixtures("blind")
@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("notebooks/SECRET", "SECRET"),
        ("notebooks/SECRET/a.md", "SECRET"),
        ("notebooks/secret/A.md", "A.md"),
        ("notebooks/ZO\u00cb.md", "ZO\u00cb.md"),
        ("NOTEBOOKS/secret", "NOTEBOOKS"),
    ],
)
def test_another_spelling_is_refused(files: Path, path: str, name: str) -> None:
    assert misspelt(files, path) == name
    with pytest.raises(HTTPError) as refused:
        TeamContents(root_dir=str(files))._get_os_path(path)
    assert refused.value.status_code == 404


@pytest.mark.usefixtures("blind")
@pytest.mark.parametrize(
    "path",
    [
        "notebooks/secret/a.md",
        "notebooks/zo\u00eb.md",
        "notebooks/new.md",
        "notebooks/New/b.md",
        "",
    ],
)
def test_the_stored_name_and_what_is_not_there_pass(files: Path, path: str) -> None:
    assert misspelt(files, path) is None
    assert TeamContents(root_dir=str(files))._get_os_path(path) == str(files / path).rstrip("/")


def test_two_names_on_a_disk_that_tells_them_apart_are_two(files: Path) -> None:
    (files / "notebooks" / "SECRET").mkdir(exist_ok=True)
    if len(list((files / "notebooks").iterdir())) == 3:
        assert misspelt(files, "notebooks/SECRET") is None
        assert misspelt(files, "notebooks/secret/a.md") is None
