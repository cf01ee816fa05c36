"""What FibreFlow's tables are called in these tests."""

from qcontact_sync.core.built_in import FIBREFLOW
from qcontact_sync.fibreflow.host_schema import HostSchema

SCHEMA = HostSchema.of_lineage(
    FIBREFLOW,
    tickets="app.maintenance_tickets",
    ticket_notes="app.maintenance_ticket_notes",
    users="app.Staff",
    qcontact_sync_log="maintenance_qcontact_sync_log",
    sync_job_history="maintenance_sync_job_history",
)
