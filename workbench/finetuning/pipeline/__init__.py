"""New data to a champion without a hand: checked, learnt, held against the gate, promoted.

Each stage is a row of the store; whoever is killed goes on where it was.
"""
