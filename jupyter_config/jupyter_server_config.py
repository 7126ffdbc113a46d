# What JSON cannot say; everything else stands in jupyter_server_config.json.
from workbench.studio.server import use_themes_of_lab

c = get_config()  # noqa: F821 - Jupyter gives it
c.VoilaConfiguration.page_config_hook = use_themes_of_lab
