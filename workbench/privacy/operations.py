"""What a user can ask of the privacy room; each part keeps its operations beside it."""
