# What JSON cannot say; everything else stands in jupyter_server_config.json.
import warnings
from pathlib import Path

import voila  # noqa: F401  it has deprecations of traitlets shown, its own among them:
from jupyter_core.paths import jupyter_runtime_dir

# they are for its authors, and the first thing that a reader of ours would see.
warnings.filterwarnings("ignore", category=DeprecationWarning, module="traitlets")

from workbench.studio.server import use_themes_of_lab  # noqa: E402
from workbench.studio.transport import kernel_transport  # noqa: E402

c = get_config()  # noqa: F821 - Jupyter gives it
c.VoilaConfiguration.page_config_hook = use_themes_of_lab
c.KernelManager.transport = kernel_transport(Path(jupyter_runtime_dir()))
