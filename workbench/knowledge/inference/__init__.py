"""What follows from the facts of a graph, with its proof, and what cannot all be so."""
