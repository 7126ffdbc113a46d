"""Retrieval: which passages bear on a question, how they were found, whether they are enough."""
