"""Training the weights of retrieval: labelled questions, cloze pairs, and the fits of each line."""
