"""The sign-in page, for whatever server has a door: what is asked and answered, without a library.

``FrontDoor`` decides; ``starlette_routes`` puts it into a server.
"""

from workbench.core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Answer": "asking",
        "Asked": "asking",
        "FrontDoor": "front_door",
        "Place": "asking",
        "sign_in_routes": "starlette_routes",
    },
)
