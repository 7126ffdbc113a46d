"""How the monitoring room's results look in a terminal; each part has a file of its own."""

from __future__ import annotations

from workbench.cli.monitoring_alerts import (
    show_alerts_check,
    show_alerts_history,
    show_alerts_list,
    show_alerts_silence,
)
from workbench.cli.monitoring_business import (
    show_advice,
    show_costs,
    show_report,
    show_roi,
    show_what_if,
)
from workbench.cli.monitoring_drift import show_drift, show_watch
from workbench.cli.monitoring_forecast import show_forecast
from workbench.cli.monitoring_maintenance import show_anomalies, show_maintenance
from workbench.cli.monitoring_quality import show_quality
from workbench.cli.monitoring_samples import show_sample, show_samples
from workbench.cli.monitoring_traffic import show_drive, show_traffic
from workbench.cli.monitoring_warehouse import show_measure, show_rebuild

__all__ = [
    "show_watch",
    "show_advice",
    "show_alerts_check",
    "show_alerts_history",
    "show_alerts_list",
    "show_alerts_silence",
    "show_anomalies",
    "show_costs",
    "show_drift",
    "show_drive",
    "show_forecast",
    "show_traffic",
    "show_maintenance",
    "show_measure",
    "show_quality",
    "show_report",
    "show_roi",
    "show_sample",
    "show_samples",
    "show_rebuild",
    "show_what_if",
]
