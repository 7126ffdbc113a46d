"""Live editing: pages that several people write at once, each as far as he may.

Who may read a page and who may write on it is asked of ``identity`` at each update, and what was
written is on the disk before anybody is told of it.
"""

from workbench.core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Desk": "desk",
        "LivePage": "client",
        "LiveServer": "server",
        "Pages": "pages",
        "build_app": "app",
        "serving": "server",
    },
)
