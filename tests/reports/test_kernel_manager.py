"""When a report's kernel counts as ready, and that its end is noticed."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from workbench.reports import provisioner
from workbench.reports.kernel_manager import ReportKernelClient, ReportKernelManager
from workbench.reports.sessions import KernelSession

pytestmark = pytest.mark.notebook

Use = Callable[[ReportKernelManager, ReportKernelClient], Awaitable[None]]


def use_kernel(tmp_path: Path, use: Use) -> None:
    """Start a cold kernel, use it, and end it."""

    async def go() -> None:
        session = KernelSession(tmp_path, 1)
        provisioner.register()
        manager = ReportKernelManager(
            transport="ipc",
            ip=str(session.folder / "k"),
            connection_file=str(session.folder / "kernel.json"),
        )
        manager.spec = provisioner.kernel_spec("", sys.executable)
        with session.log_path.open("wb") as log:
            await manager.start_kernel(
                cwd=str(tmp_path), env=session.environment(), stdout=log, stderr=log
            )
        client = manager.client()
        client.start_channels()
        try:
            assert isinstance(client, ReportKernelClient)
            await use(manager, client)
        finally:
            if await manager.is_alive():
                await manager.shutdown_kernel()
            client.stop_channels()
            await manager.cleanup_resources()
            session.close()

    asyncio.run(go())


def test_old_answers_are_passed_over_and_no_output_is_lost(tmp_path: Path) -> None:
    async def use(manager: ReportKernelManager, client: ReportKernelClient) -> None:
        for _ in range(3):
            client.kernel_info()  # as asked before the kernel was up
        await client.wait_for_ready(timeout=60)
        asked = client.execute("print('heard')")
        while True:
            told = await client.get_iopub_msg(timeout=60)
            if told["parent_header"].get("msg_id") == asked and told["msg_type"] == "stream":
                assert told["content"]["text"] == "heard\n"
                return

    use_kernel(tmp_path, use)


def test_a_kernel_that_dies_or_says_nothing_is_told(tmp_path: Path) -> None:
    async def use(manager: ReportKernelManager, client: ReportKernelClient) -> None:
        process = manager.provisioner.process
        os.kill(process.pid, signal.SIGSTOP)
        with pytest.raises(RuntimeError, match="did not answer in 0 s"):
            await client.wait_for_ready(timeout=0)
        os.kill(process.pid, signal.SIGKILL)
        with pytest.raises(RuntimeError, match="died"):
            await client.wait_for_ready(timeout=60)

    use_kernel(tmp_path, use)
