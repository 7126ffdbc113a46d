"""Shared knowledge: pages, statements and decisions that people propose, review and merge."""
