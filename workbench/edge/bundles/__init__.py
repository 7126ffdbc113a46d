"""Bundles: a model and what goes with it as one signed file, made here and run on a device."""
