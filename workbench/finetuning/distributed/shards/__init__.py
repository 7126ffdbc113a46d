"""Checkpoints of a run on several processes: each writes its own part, beside the next step."""
