"""What a user can ask of the interpretability room; each part keeps its operations beside it."""

from workbench.interpretability.attribution import operations as attribution  # noqa: F401
from workbench.interpretability.examples import operations as examples  # noqa: F401
from workbench.interpretability.inside import operations as inside  # noqa: F401
from workbench.interpretability.tabular import operations as tabular  # noqa: F401
