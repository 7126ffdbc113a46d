"""Secure computation: several parties compute on data that none of them sees.

Two servers with a dealer (additive shares, Beaver triples) or three parties (replicated shares),
each a process of its own, speaking over TLS on loopback. **Semi-honest**: it holds as long as every
party keeps to the protocol and no two put together what they have seen; it is no protection against
a party that lies, and whoever runs all processes on one machine sees everything.
"""
