"""Who is who and may do what: users, roles, keys, sessions. The one place that decides.

Other rooms ask it for a principal and what that may do; none keeps a list of its own.
"""

from workbench.core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "CHANGE_SEEN_S": "verification",
        "Decision": "deciding",
        "Grants": "grants",
        "Key": "keys",
        "KeyLimits": "principals",
        "Keys": "keys",
        "LOCAL": "users",
        "NewKey": "keys",
        "Passwords": "passwords",
        "Principal": "principals",
        "ROLES": "roles",
        "SCOPES": "roles",
        "SPACE_ROLES": "verbs",
        "Sessions": "sessions",
        "SignIn": "signing_in",
        "User": "users",
        "Users": "users",
        "Verifier": "verification",
        "create_key": "access",
        "list_keys": "access",
        "revoke_key": "access",
        "update_limits": "access",
        "verify": "access",
        "verifier": "verification",
    },
)
