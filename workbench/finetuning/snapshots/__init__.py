"""What a model is taught from: files to examples, checks of them, and snapshots that do not change.

A row that cannot be used is set aside with its line and its reason; it is never dropped in silence.
"""
