"""How the monitoring room's results look in a terminal; each part has a file of its own."""

from __future__ import annotations

from workbench.cli.monitoring_drift import show_drift
from workbench.cli.monitoring_quality import show_quality

__all__ = ["show_drift", "show_quality"]
