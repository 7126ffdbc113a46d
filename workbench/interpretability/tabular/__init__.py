"""Why a model of a table decides as it does."""
