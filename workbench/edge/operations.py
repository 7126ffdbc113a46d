"""What a user can ask of the edge room; each part keeps its operations beside it."""

from workbench.edge.browser import operations as browser  # noqa: F401
from workbench.edge.bundles import operations as bundles  # noqa: F401
from workbench.edge.compression import operations as compression  # noqa: F401
from workbench.edge.fleet import operations as fleet  # noqa: F401
from workbench.edge.pruning import operations as pruning  # noqa: F401
from workbench.edge.syncing import operations as syncing  # noqa: F401
from workbench.edge.updates import operations as updates  # noqa: F401
