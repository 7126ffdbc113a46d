"""What a user can ask of the monitoring room; each part keeps its operations beside it."""

from workbench.monitoring.alerts import operations as alerts  # noqa: F401
from workbench.monitoring.anomalies import operations as anomalies  # noqa: F401
from workbench.monitoring.business import operations as business  # noqa: F401
from workbench.monitoring.drift import operations as drift  # noqa: F401
from workbench.monitoring.forecasting import operations as forecasting  # noqa: F401
from workbench.monitoring.maintenance import operations as maintenance  # noqa: F401
from workbench.monitoring.quality import operations as quality  # noqa: F401
from workbench.monitoring.samples import operations as samples  # noqa: F401
from workbench.monitoring.traffic import operations as traffic  # noqa: F401
from workbench.monitoring.warehouse import operations as warehouse  # noqa: F401
