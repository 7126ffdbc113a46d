"""Probes of language models: likelihoods, swaps, refusals."""
