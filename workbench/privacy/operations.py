"""What a user can ask of the privacy room; each part keeps its operations beside it."""

from workbench.privacy.anonymisation import operations as anonymisation  # noqa: F401
from workbench.privacy.auditing import operations as auditing  # noqa: F401
from workbench.privacy.dp import operations as dp  # noqa: F401
from workbench.privacy.encryption import operations as encryption  # noqa: F401
from workbench.privacy.ledger import operations as ledger  # noqa: F401
from workbench.privacy.secure import operations as secure  # noqa: F401
