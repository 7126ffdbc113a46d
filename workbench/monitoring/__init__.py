"""Monitoring: what is used, what it costs, what it is worth, what changes and what will run out."""

from workbench.core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "SketchDays": "drift.days",
        "adwin_changes": "drift.adwin",
        "compare_tables": "drift.tables",
        "estimate_accuracy": "drift.estimation",
        "find_anomalies": "anomalies.finding",
        "judge_days": "quality.judging",
        "look_ahead": "maintenance.outlooks",
        "make_forecast": "forecasting.forecast",
        "make_regular": "forecasting.series",
        "read_rows": "drift.reading",
        "watch_hours": "drift.watching",
    },
)
