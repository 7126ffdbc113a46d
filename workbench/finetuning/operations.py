"""What a user can ask of the fine-tuning room; each part keeps its operations beside it."""
