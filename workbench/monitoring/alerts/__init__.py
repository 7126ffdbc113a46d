"""Alerts: rules over samples, usage, measures and drift, with hysteresis and quiet hours."""
