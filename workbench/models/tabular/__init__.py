"""Fitted models of tables, behind one interface for whoever explains or audits them.

``fit_tabular(load_parts("adult").train, "income").predict_proba(rows)``
"""

from workbench.core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "MODELS": "estimators",
        "Feature": "features",
        "LeftOut": "features",
        "Outline": "parts",
        "TableParts": "parts",
        "TabularModel": "model",
        "TrainingRecord": "record",
        "fit_tabular": "fitting",
        "load_parts": "parts",
        "load_tabular": "saving",
        "outline_of": "parts",
        "save_tabular": "saving",
        "to_frame": "tables",
    },
)
