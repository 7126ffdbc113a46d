"""Many devices: which version each has, how it is, and giving a version out step by step."""
