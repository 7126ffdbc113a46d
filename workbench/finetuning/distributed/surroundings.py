"""What the processes of a run find in their environment, wherever they are started."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import workbench
from workbench.finetuning.distributed.plan import Plan
from workbench.models.engines.openmp import WAIT_POLICY

BEGAN = "WORKBENCH_DISTRIBUTED_BEGAN"  # Unix time: a run that gave way keeps its place
_ROOT = str(Path(workbench.__file__).parents[1])


def tell_ranks(plan: Plan) -> dict[str, str]:
    """Variables for each of a plan's processes."""
    threads = str(plan.count_threads())
    known = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return {
        "PYTHONPATH": os.pathsep.join(
            [_ROOT, *(each for each in known if each not in ("", _ROOT))]
        ),
        **WAIT_POLICY,
        "OMP_NUM_THREADS": threads,
        "MKL_NUM_THREADS": threads,
        "TOKENIZERS_PARALLELISM": "false",
        "PYTHONSAFEPATH": "1",  # a file of the user's called as a module of Python's is not it
        # A restarted group would ask the address of one that is dead (pytorch #135712).
        "TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1",
        # Else gloo looks up the machine's name, and may find an address that leads nowhere.
        "GLOO_SOCKET_IFNAME": "lo0" if sys.platform == "darwin" else "lo",
    }
