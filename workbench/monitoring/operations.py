"""What a user can ask of the monitoring room; each part keeps its operations beside it."""
