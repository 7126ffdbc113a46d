"""The machine's best engine, quantisation and number of threads for a model, by measuring."""
