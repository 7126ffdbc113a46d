"""A report's kernel as jupyter_client sees it: our kernelspec, and no waiting for its own sake.

jupyter_client is made for a person who starts one kernel. Its client waits 0.2 s for silence
after each start, and its manager looks ten times a second whether a kernel has ended; over a set
of short notebooks that is a good part of their time.
"""

from __future__ import annotations

import asyncio
import time
from queue import Empty
from typing import Any

import zmq
import zmq.asyncio
from jupyter_client import AsyncKernelManager
from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec
from traitlets import default

_END_LOOK_INTERVAL_S = 0.01
_REPLY_TIMEOUT_S = 1.0
_ECHO_TIMEOUT_S = 0.2
_CONNECT_INTERVAL_MS = 10


class ReportKernelClient(AsyncKernelClient):
    """A client that is ready as soon as the kernel has answered on both channels."""

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Ask the kernel who it is until its answer and the broadcast of its work have come.

        The broadcast shows that the subscription stands, so that no output can be lost.

        Raises:
            RuntimeError: The kernel died, or did not answer in time.
        """
        end_s = time.monotonic() + (float("inf") if timeout is None else timeout)
        while not await self._answers():
            if not await self.is_alive():
                raise RuntimeError("the kernel died before it answered")
            if time.monotonic() > end_s:
                raise RuntimeError(f"the kernel did not answer in {timeout:g} s")

    async def _answers(self) -> bool:
        asked = self.kernel_info()
        try:
            # Answers to what was asked before the kernel was up may come first.
            while not _is_about(asked, reply := await self.shell_channel.get_msg(_REPLY_TIMEOUT_S)):
                pass
            while not _is_about(asked, told := await self.iopub_channel.get_msg(_ECHO_TIMEOUT_S)):
                pass
            while not _is_idle(told):
                told = await self.iopub_channel.get_msg(_ECHO_TIMEOUT_S)
        except Empty:
            return False
        self._handle_kernel_info_reply(reply)
        return True


class ReportKernelManager(AsyncKernelManager):
    """A kernel manager with our kernelspec and sockets in the session's own folder."""

    spec: KernelSpec

    @property
    def kernel_spec(self) -> KernelSpec:
        """Ours, whatever kernels the user has installed."""
        return self.spec

    @default("client_factory")
    def _report_client(self) -> type:
        return ReportKernelClient

    @default("context")
    def _eager_context(self) -> zmq.asyncio.Context:
        # A client connects before the kernel listens; zmq tries again every 100 ms by default.
        self._created_context = True
        context = zmq.asyncio.Context()
        context.setsockopt(zmq.RECONNECT_IVL, _CONNECT_INTERVAL_MS)
        return context

    async def _async_wait(self, pollinterval: float = _END_LOOK_INTERVAL_S) -> None:
        """Wait for the kernel's end, looking often: the next notebook wants its place."""
        while await self.is_alive():
            await asyncio.sleep(min(pollinterval, _END_LOOK_INTERVAL_S))


def _is_about(asked: str, message: dict[str, Any]) -> bool:
    return bool(message["parent_header"].get("msg_id") == asked)


def _is_idle(message: dict[str, Any]) -> bool:
    state = message["content"].get("execution_state")
    return bool(message["msg_type"] == "status" and state == "idle")
