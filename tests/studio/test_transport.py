"""Kernels are spoken to through files where these can be, and over TCP elsewhere."""

from __future__ import annotations

import tempfile
from pathlib import Path

from workbench.studio.transport import kernel_transport


def test_files_where_there_is_room_for_their_names() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        assert kernel_transport(folder / "runtime") == "ipc"
        assert list((folder / "runtime").iterdir()) == []
        assert kernel_transport(folder / ("deep" * 20)) == "tcp"
        (folder / "file").write_text("")
        assert kernel_transport(folder / "file") == "tcp"
