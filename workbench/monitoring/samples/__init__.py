"""Memory, disk, queues, models and processors: a row a name and minute, thinned by age."""

from workbench.core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "KINDS": "kinds",
        "GatewayReading": "reading",
        "Meter": "reading",
        "SampleSeries": "keeping",
        "Samples": "keeping",
        "series": "keeping",
    },
)
