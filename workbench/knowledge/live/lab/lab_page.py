"""JupyterLab's page, in which no script runs that somebody wrote into a file or an output.

Whoever may edit a notebook can put outputs into it, and JupyterLab runs their scripts in the
browser of whoever opens it, as that user, who may perhaps run code. So scripts come from the
program alone.
"""

from __future__ import annotations

from jupyterlab_server.handlers import LabHandler, NotFoundHandler

_PROGRAM = ("/static/", "/lab/extensions/", "/lab/api/themes/")


class _OwnScripts:
    """The policy; mixed into handlers of Jupyter's."""

    @property
    def content_security_policy(self) -> str:
        """What the browser lets the page do."""
        request = self.request  # type: ignore[attr-defined]
        server = f"{request.protocol}://{request.host}"
        scripts = " ".join(server + path for path in _PROGRAM)
        # JupyterLab compiles its settings' schemas, which takes eval.
        return "; ".join(
            (
                f"script-src {scripts} 'unsafe-eval'",
                "object-src 'none'",
                "base-uri 'self'",
                "form-action 'self'",
                "frame-ancestors 'self'",
            )
        )


class LabPage(_OwnScripts, LabHandler):
    """JupyterLab."""


class MissingPage(_OwnScripts, NotFoundHandler):
    """JupyterLab, where it says that it has no such page."""
