"""Made traffic: usage and series as a busy house would have them, with the truth beside them."""
