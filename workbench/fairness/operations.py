"""What a user can ask of the fairness room; each part keeps its operations beside it."""

from workbench.fairness.audit import operations as audit  # noqa: F401
from workbench.fairness.language import operations as language  # noqa: F401
from workbench.fairness.mitigation import operations as mitigation  # noqa: F401
