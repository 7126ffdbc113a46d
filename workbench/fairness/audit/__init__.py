"""Figures by group, with their uncertainty."""
