"""Records from devices, each taken exactly once, whatever they mean."""
