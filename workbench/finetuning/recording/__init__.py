"""What is kept of training runs: to look at, to compare, and for TensorBoard and MLflow."""
