-- refuse_run: a run whose params could not be meant; it touched nothing.
-- params:  job_id uuid, options jsonb, error_code text, error_message text
-- returns: nothing
-- locks:   the run's row, until commit
INSERT INTO sync_job_history AS job (
    id, started_at, completed_at, duration_seconds, status, sync_options, error_code,
    error_message, sync_result
)
VALUES (
    %(job_id)s, now(), now(), 0, 'failed', %(options)s, %(error_code)s, %(error_message)s,
    '{"inbound_stats": null, "outbound_stats": null, "errors": []}'
)
ON CONFLICT (id) DO UPDATE
SET status = 'failed', completed_at = now(), error_code = EXCLUDED.error_code,
    error_message = EXCLUDED.error_message;
