"""Tools for models whose template knows none: offered in the prompt, forced by a JSON schema.

``compile_tools`` makes a call without tools of one with tools; ``ToolReader`` makes the answer's
text calls of tools again. Where an upstream knows tools itself, neither is needed.
"""

from workbench.core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__, {"ToolReader": "reader", "compile_tools": "compiling"}
)
