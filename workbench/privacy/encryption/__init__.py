"""Encrypted inference: a model answers on ciphertexts, and never sees what it was asked."""
