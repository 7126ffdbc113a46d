"""What a user can ask: what stands inside a transformer: lenses, patching, probes."""
