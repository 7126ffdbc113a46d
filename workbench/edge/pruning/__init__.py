"""Parameters taken out of a model, and what is lost taught again by the model that it was."""
