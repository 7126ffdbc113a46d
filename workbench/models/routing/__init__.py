"""Which model answers a request that names none (``auto``): rules, tasks, length, preference.

``decide`` is pure: it gets the request's features and the candidates, and says which and why.
"""
