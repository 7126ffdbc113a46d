"""Training: recipes, examples as tokens, the loop with its exact resume, adapters, preferences."""
