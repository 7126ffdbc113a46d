"""Kernels of pages whose reader left while they still loaded."""

from __future__ import annotations

import asyncio
import os
from types import SimpleNamespace
from typing import ClassVar

from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager

from workbench.studio.left_pages import PREHEAT_VARIABLE, UNCONNECTED_S, LeftPages


def test_a_page_that_nobody_connects_to_ends_and_a_read_one_stays() -> None:
    now_s = [0.0]

    async def look() -> None:
        manager = AsyncMappingKernelManager()
        left = LeftPages(SimpleNamespace(kernel_manager=manager), clock=lambda: now_s[0])
        gone, read = [await manager.start_kernel() for _ in range(2)]
        try:
            for kernel_id in (gone, read):
                left.watch(kernel_id)
            manager.notify_connect(read)
            now_s[0] = UNCONNECTED_S - 1
            await left.sweep()
            assert gone in manager  # it may still load
            now_s[0] = UNCONNECTED_S
            await left.sweep()
            assert gone not in manager and read in manager
            manager.notify_disconnect(read)  # its reader goes without a word
            now_s[0] += UNCONNECTED_S
            await left.sweep()
            assert read not in manager
            await left.sweep()  # and of none is anything left to do
        finally:
            await manager.shutdown_all(now=True)

    asyncio.run(look())


def test_the_dashboards_own_server_looks_after_what_it_gives_and_lets_its_pool_be() -> None:
    now_s = [0.0]

    async def look() -> None:
        manager = _PooledManager()
        left = LeftPages(SimpleNamespace(kernel_manager=manager), clock=lambda: now_s[0])
        left.watch_all()
        ahead = [
            await manager.start_kernel(env={**os.environ, PREHEAT_VARIABLE: "True"})
            for _ in range(2)
        ]
        cold = await manager.start_kernel(env={**os.environ, PREHEAT_VARIABLE: "False"})
        manager.ahead = list(ahead)
        try:
            _, _, given = await manager.get_rendered_notebook(notebook_name="home.ipynb")
            now_s[0] = UNCONNECTED_S
            await left.sweep()
            assert manager.list_kernel_ids() == [ahead[1]] and given == ahead[0]
            assert cold not in manager
        finally:
            await manager.shutdown_all(now=True)

    asyncio.run(look())


class _PooledManager(AsyncMappingKernelManager):
    """Gives pages away as Voila's manager does."""

    ahead: ClassVar[list[str]] = []

    async def get_rendered_notebook(self, notebook_name: str) -> tuple[None, list[str], str]:
        return None, [], self.ahead.pop(0)
