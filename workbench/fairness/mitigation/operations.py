"""What a user can ask: ways to a fairer model, with what each costs."""
