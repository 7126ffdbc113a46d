"""Signing in by OpenID Connect: a provider says who somebody is, and a session of here begins.

What a provider says is believed of its own subjects alone, and only as far as its settings go.
"""

from workbench.core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "ALGORITHMS": "id_tokens",
        "Links": "links",
        "OidcSignIn": "signing_in",
        "Provider": "providers",
        "Providers": "providers",
        "sign_in_here": "terminal",
    },
)
