"""Which training examples stand behind an answer, and which of them look mislabelled."""
