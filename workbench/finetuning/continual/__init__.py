"""Learning in sequence: streams of tasks, methods against forgetting, their figures."""
