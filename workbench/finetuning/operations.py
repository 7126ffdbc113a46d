"""What a user can ask of the fine-tuning room; each part keeps its operations beside it."""

from workbench.finetuning.continual import operations as continual  # noqa: F401
from workbench.finetuning.exporting import operations as exporting  # noqa: F401
from workbench.finetuning.gate import operations as gate  # noqa: F401
from workbench.finetuning.pipeline import operations as pipeline  # noqa: F401
from workbench.finetuning.recording import operations as recording  # noqa: F401
from workbench.finetuning.rollout import operations as rollout  # noqa: F401
from workbench.finetuning.scheduling import operations as scheduling  # noqa: F401
from workbench.finetuning.snapshots import operations as snapshots  # noqa: F401
from workbench.finetuning.training import operations as training  # noqa: F401
from workbench.finetuning.training import resuming  # noqa: F401
from workbench.finetuning.versions import operations as versions  # noqa: F401
