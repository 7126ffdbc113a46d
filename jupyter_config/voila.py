# What JSON cannot say; everything else stands in voila.json.
import tempfile
from pathlib import Path

from workbench.studio.transport import kernel_transport

c = get_config()  # noqa: F821 - Jupyter gives it
with tempfile.TemporaryDirectory(prefix="voila_") as like_voilas_own:
    c.KernelManager.transport = kernel_transport(Path(like_voilas_own))
