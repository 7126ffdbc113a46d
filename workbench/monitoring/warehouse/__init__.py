"""The usage warehouse: clean rows and rollups of settled usage, which anybody may read at once."""
