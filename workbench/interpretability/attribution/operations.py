"""What a user can ask: which tokens of a prompt made a language model say what it says."""
