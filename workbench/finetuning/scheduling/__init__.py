"""Which training job begins, waits or gives way on a machine's slots, and why."""
