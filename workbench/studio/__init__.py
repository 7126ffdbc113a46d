"""What people look at: charts, widgets, dashboards, and later the workflow designer.

Every chart has a static twin, so that a notebook reads well where nothing runs.
"""

from workbench.core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Chart": "chart",
        "Tile": "tiles",
        "bars": "chart",
        "business": "business_page",
        "compare": "widgets.comparison",
        "explain": "explain_page",
        "fairness": "fairness_page",
        "health": "health_page",
        "heat": "chart",
        "heat_map": "widgets.heat_map",
        "home": "home_page",
        "knowledge": "knowledge_page",
        "lines": "chart",
        "points": "chart",
        "privacy": "privacy_page",
        "saliency": "widgets.saliency",
        "serving": "serving_page",
        "surprise": "tokens",
        "table": "tables",
        "token_table": "token_tables",
        "tile": "tiles",
        "training": "training_page",
        "watch": "watching",
        "watch_run": "training_live",
    },
)
