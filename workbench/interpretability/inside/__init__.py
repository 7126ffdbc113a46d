"""What stands inside a transformer: lenses, patching, probes."""
