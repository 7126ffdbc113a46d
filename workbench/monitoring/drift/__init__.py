"""Drift: whether what comes in, what is answered, or what is true of it has changed, and where."""
