"""One fine-tuning run on several processes: the same recipe, the same steps, the same adapter."""
