"""Answers from a graph: a language model phrases, each sentence cites the spans that support it."""
