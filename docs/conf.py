"""How Sphinx builds the site (`make docs`). Nothing that a page loads comes from a network."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))

project = "Workbench"
author = "the Workbench project"
copyright = "the Workbench project"
extensions = ["myst_nb", "docs_math"]
root_doc = "docs/index"
exclude_patterns = ["docs/conf.py"]

html_theme = "furo"
html_title = "Workbench"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_show_search_summary = False  # it is fetched, which a page opened as a file may not do
html_domain_indices = False
html_permalinks_icon = "#"

# Notebooks are shown as they were committed.
nb_execution_mode = "off"
nb_ipywidgets_js = {}
nb_merge_streams = True

myst_enable_extensions = ["amsmath", "attrs_inline", "colon_fence", "dollarmath"]
myst_dmath_allow_digits = False  # "$5 and $10" holds no formula
myst_dmath_allow_space = False
html_math_renderer = "mathml"
myst_heading_anchors = 4
python_display_short_literal_types = True
toc_object_entries = False
suppress_warnings = ["mystnb.unknown_mime_type"]
