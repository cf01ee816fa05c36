-- lineage: which lineage of FibreFlow's schema is there.
-- returns: one row: lineage text
SELECT
    CASE WHEN TO_REGCLASS('maintenance_tickets') IS NULL THEN 'fibreflow' ELSE 'maintenance' END
        AS lineage
