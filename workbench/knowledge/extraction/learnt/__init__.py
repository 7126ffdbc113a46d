"""A classifier of pairs of phrases, learnt from labelled sentences, beside the rules."""
