"""Which tokens of a prompt made a language model say what it says."""
