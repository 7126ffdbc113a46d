"""Readers: a file's bytes as normalised text with blocks, and boxes where pages have them."""
