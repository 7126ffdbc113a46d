"""A model made smaller, with what that costs."""
