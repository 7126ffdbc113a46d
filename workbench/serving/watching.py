"""The gateway under the eyes of the monitoring room: what it tells of itself, every minute."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from workbench.core.errors import NotFoundError
from workbench.monitoring.rounds import Rounds
from workbench.monitoring.samples.reading import GatewayReading
from workbench.serving.running import find_running

if TYPE_CHECKING:
    from workbench.serving.gateway import Gateway

_IN_MEMORY = ("ready", "draining", "unloading")


def watch_over(gateway: Gateway) -> Rounds:
    """Begin to record samples of a gateway and its machine; ``stop`` the rounds at its end."""
    made = Rounds(lambda: read_gateway(gateway), is_mine=_is_found)
    made.start()
    return made


def read_gateway(gateway: Gateway) -> GatewayReading:
    """What it holds now."""
    state = gateway.pool.state()
    return GatewayReading(
        pid=os.getpid(),
        requests_queued=state.queued,
        requests_in_flight=sum(each.in_flight for each in gateway.directory.members()),
        models_loaded=sum(model.status in _IN_MEMORY for model in state.models),
        models_resident_bytes=state.used_bytes,
    )


def _is_found() -> bool:
    """Of two gateways of one home only the one that commands find is recorded: figures of both in
    one series would be of neither."""
    try:
        return find_running().pid == os.getpid()
    except NotFoundError:
        return False
