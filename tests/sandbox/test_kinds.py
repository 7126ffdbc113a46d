"""It fails closed: where a sandbox is asked for and none is to be had, nothing is run."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pytest

from workbench.core.errors import CapabilityError
from workbench.sandbox import Code, describe, kinds, run_isolated
from workbench.sandbox.operations import show

from .conftest import needs_bubblewrap


def run_and_tell(mark: Path) -> None:
    """Run what would leave a mark if it were run with less than a sandbox."""
    with pytest.raises(CapabilityError) as caught:
        run_isolated(Code(f"open({str(mark)!r}, 'w').write('ran')"))
    assert caught.value.hint
    assert not mark.exists()


def test_no_bubblewrap(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    run_and_tell(tmp_path / "mark")
    found = describe()
    assert not found.ok
    assert found.hint == "apt install bubblewrap"


def test_macos(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    run_and_tell(tmp_path / "mark")


def test_no_seccomp(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from workbench.sandbox import filters

    filters.filter_bytes.cache_clear()
    monkeypatch.setitem(sys.modules, "pyseccomp", None)
    run_and_tell(tmp_path / "mark")


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("bwrap: No permissions to create new namespace", "user namespaces"),
        ("bwrap: Unknown option --disable-userns", "0.8 or newer"),
    ],
)
def test_a_sandbox_that_the_system_refuses(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: str, hint: str
) -> None:
    broken = tmp_path / "bwrap"
    broken.write_text(f"#!/bin/sh\necho '{said}' >&2\nexit 1\n")
    broken.chmod(0o755)
    # The launcher looks for it as another user; with several workers there is one folder more.
    for folder in (tmp_path, *tmp_path.parents):
        if folder == Path(tempfile.gettempdir()):
            break
        folder.chmod(0o755)
    monkeypatch.setattr(kinds, "check_sandbox", lambda: str(broken))
    with pytest.raises(CapabilityError, match="nothing was run") as caught:
        run_isolated(Code("pass"))
    assert said in caught.value.message
    assert hint in (caught.value.hint or "")


@needs_bubblewrap
def test_here() -> None:
    found = show()
    assert found.ok, found.missing
    assert {"files", "network", "processes", "memory"} <= set(found.enforced)
