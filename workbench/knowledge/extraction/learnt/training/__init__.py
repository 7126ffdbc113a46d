"""Training of the network of pairs with torch, from labelled sentences and from what rules find."""
