"""Kernels of pages whose reader left while they still loaded."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager

from workbench.studio.left_pages import UNCONNECTED_S, LeftPages


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
