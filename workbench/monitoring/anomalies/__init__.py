"""What a series did that its seasons, trend and own noise do not explain, and since when."""
