"""What is to come: load, latency, spend and others with intervals, and when a limit is met."""
