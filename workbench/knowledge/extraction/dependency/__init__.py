"""Entities and relations from sentences that spaCy has parsed; a family of relations is a file."""
