"""Ways to a fairer model, with what each costs."""
