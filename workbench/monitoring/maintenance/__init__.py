"""What will run out and when, what was unusual, and what to do about it, each with its evidence."""
