"""How the processes of a run bring together what they learnt: whole, compressed, or seldom."""
