"""What a user can ask: probes of language models: likelihoods, swaps, refusals."""
