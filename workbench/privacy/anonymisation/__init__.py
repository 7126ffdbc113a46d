"""Texts, tables and notebooks without the persons in them, with what was found written down."""
