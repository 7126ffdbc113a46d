"""Differential privacy: what is lost, training and statistics that lose no more, and budgets."""
