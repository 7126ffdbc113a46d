"""What a user can ask: figures by group, with their uncertainty."""
