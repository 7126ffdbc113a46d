"""Who is who and may do what: users, roles, keys. The one place that decides.

Other rooms ask it for a principal and what that may do; none keeps a list of its own.
"""

from workbench.core.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, {})
