"""Extraction: what a passage mentions and says, each with its span."""
