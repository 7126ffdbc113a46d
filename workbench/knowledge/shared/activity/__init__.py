"""Who did what in a space: a feed, what is watched, digests, and contributions that still stand."""
