"""What the laboratory costs and what it is worth, with the assumptions said and as ranges.

Every figure is computed from the settled usage; what the log cannot know (an hour's price, minutes
saved) is an ``Assumptions``. Estimates carry intervals.
"""

from workbench.core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Assumptions": "assumptions",
        "Range": "assumptions",
        "Use": "use",
        "advise": "advice",
        "costs_by": "costs",
        "foretell_cost": "outlook",
        "made_usage": "made_log",
        "measure_adoption": "adoption",
        "measure_return": "returns",
        "month_document": "month_pages",
        "move_traffic": "what_if",
        "read_use": "use",
    },
)
