"""What a user can ask: why a model of a table decides as it does."""
