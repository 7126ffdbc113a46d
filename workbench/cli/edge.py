"""How results of the edge room look in a terminal; each part is in a file of its own."""

from workbench.cli.edge_bundles import (
    show_bundle,
    show_offer,
    show_run,
    show_status,
    show_update,
    show_verify,
)
from workbench.cli.edge_compression import show_compare, show_compress, show_recommend
from workbench.cli.edge_devices import (
    show_devices,
    show_enrol,
    show_receive,
    show_records,
    show_revoke,
    show_rollout_back,
    show_rollout_halt,
    show_rollout_list,
    show_rollout_look,
    show_rollout_start,
    show_sync,
)
from workbench.cli.edge_page import show_page
from workbench.cli.edge_pruning import show_prune

__all__ = [
    "show_bundle",
    "show_compare",
    "show_compress",
    "show_devices",
    "show_enrol",
    "show_offer",
    "show_page",
    "show_prune",
    "show_receive",
    "show_recommend",
    "show_records",
    "show_revoke",
    "show_rollout_back",
    "show_rollout_halt",
    "show_rollout_list",
    "show_rollout_look",
    "show_rollout_start",
    "show_run",
    "show_status",
    "show_sync",
    "show_update",
    "show_verify",
]
