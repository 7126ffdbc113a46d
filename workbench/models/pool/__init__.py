"""Many models under one memory budget: who is loaded, who goes, and whose turn it is.

``with ModelPool().borrow("smollm2-135m") as loan: loan.model.chat(...)``
"""

from workbench.core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Loan": "loans",
        "ModelPool": "model_pool",
        "PoolState": "state",
        "ResidentModel": "state",
        "Ticket": "loans",
        "current_pool": "lending",
        "lending_from": "lending",
    },
)
