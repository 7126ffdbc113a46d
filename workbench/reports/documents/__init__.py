"""Documents for stakeholders: plain blocks, drawn as a tagged PDF or as one HTML page.

A document is data (``document.Document``, also as JSON), so that a room below can say one without
knowing what draws it; charts are Vega-Lite specifications with their rows inside.
"""

from workbench.core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Document": "document",
        "draw_chart": "charts",
        "read_document": "document",
        "to_html": "html_page",
        "to_pdf": "pdf",
        "to_png_pages": "pdf",
    },
)
