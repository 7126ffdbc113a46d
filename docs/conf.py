"""How Sphinx builds the site (`make docs`). Nothing that a page loads comes from a network."""

project = "Workbench"
author = "the Workbench project"
copyright = "the Workbench project"
extensions = ["myst_nb"]
root_doc = "docs/index"
exclude_patterns = ["docs/conf.py"]

html_theme = "furo"
html_title = "Workbench"
html_copy_source = False
html_show_sphinx = False
html_show_search_summary = False  # it is fetched, which a page opened as a file may not do
html_domain_indices = False
html_permalinks_icon = "#"

# Notebooks are shown as they were committed.
nb_execution_mode = "off"
nb_ipywidgets_js = {}
nb_merge_streams = True

myst_enable_extensions = ["colon_fence", "attrs_inline"]
myst_heading_anchors = 4
python_display_short_literal_types = True
toc_object_entries = False
suppress_warnings = ["mystnb.unknown_mime_type"]
