"""How results of the fine-tuning room look in a terminal; each part is in a file of its own."""

from workbench.cli.finetuning_data import show_check_data, show_snapshot, show_snapshots
from workbench.cli.finetuning_export import show_export, show_parity
from workbench.cli.finetuning_pipeline import (
    show_pipeline_define,
    show_pipeline_due,
    show_pipeline_once,
    show_pipeline_start,
    show_pipeline_status,
    show_pipeline_stop,
    show_pipeline_watch,
)
from workbench.cli.finetuning_queue import (
    show_queue_cancel,
    show_queue_explain,
    show_queue_list,
    show_queue_run,
    show_queue_submit,
)
from workbench.cli.finetuning_training import (
    show_prefer,
    show_run,
    show_runs,
    show_runs_show,
)
from workbench.cli.finetuning_versions import (
    show_canary_list,
    show_canary_look,
    show_canary_share,
    show_canary_start,
    show_canary_stop,
    show_canary_watch,
    show_diff,
    show_gate,
    show_lineage,
    show_promote,
    show_rollback,
    show_tag,
    show_versions,
)

__all__ = [
    "show_canary_list",
    "show_canary_look",
    "show_canary_share",
    "show_canary_start",
    "show_canary_stop",
    "show_canary_watch",
    "show_check_data",
    "show_diff",
    "show_export",
    "show_gate",
    "show_lineage",
    "show_parity",
    "show_pipeline_define",
    "show_pipeline_due",
    "show_pipeline_once",
    "show_pipeline_start",
    "show_pipeline_status",
    "show_pipeline_stop",
    "show_pipeline_watch",
    "show_prefer",
    "show_promote",
    "show_queue_cancel",
    "show_queue_explain",
    "show_queue_list",
    "show_queue_run",
    "show_queue_submit",
    "show_rollback",
    "show_run",
    "show_runs",
    "show_runs_show",
    "show_snapshot",
    "show_snapshots",
    "show_tag",
    "show_versions",
]
