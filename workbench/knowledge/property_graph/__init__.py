"""A state as a property graph that is asked in Cypher: in ladybug, or in a server that speaks Bolt.

Both are made from the state and carry its stamp; where that is another they are made anew.
"""
