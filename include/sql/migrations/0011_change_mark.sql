-- An optional mark of what changed in FibreFlow, so that a run need not compare all tickets to find what is
-- pending. Triggers write it that only the owner of FibreFlow's tables adds (optional/change_mark.sql). Nothing
-- is lost without it, or where it missed a change: all tickets are compared once a day in any case.
-- The previous release runs on the result: it compares all tickets and leaves the marks alone.

-- Only ever added to by the triggers: FibreFlow's writers never wait for each other here.
CREATE TABLE IF NOT EXISTS qcontact_change_mark (
    entry     bigint GENERATED ALWAYS AS IDENTITY,
    ticket_id uuid NOT NULL,
    CONSTRAINT qcontact_change_mark_pkey PRIMARY KEY (entry)
);
COMMENT ON TABLE qcontact_change_mark IS
    'tickets that may differ from what was agreed on; a ticket without a row here does not';

CREATE TABLE IF NOT EXISTS qcontact_full_comparison (
    is_last     boolean NOT NULL DEFAULT true,
    triggers    text NOT NULL,
    note_types  text[] NOT NULL,
    compared_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT qcontact_full_comparison_pkey PRIMARY KEY (is_last),
    CONSTRAINT qcontact_full_comparison_last_check CHECK (is_last)
);
COMMENT ON TABLE qcontact_full_comparison IS
    'the last time that all tickets were compared and marked: by which triggers since, for which notes';

-- The triggers' functions. They write as the owner of the marks: the application needs no right on them. Each
-- error is caught, as no write of the application's may fail because of a mark.
DO $make$
DECLARE
    body text;
BEGIN
    FOREACH body IN ARRAY ARRAY[
        $body$
        CREATE OR REPLACE FUNCTION OUR_SCHEMA.qcontact_mark_tickets() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        BEGIN
            -- Not joined: PostgreSQL keeps the plan that fitted the session's first statement.
            INSERT INTO OUR_SCHEMA.qcontact_change_mark (ticket_id)
            SELECT changed.id
            FROM (
                SELECT id, status, assigned_to FROM rows_after
                EXCEPT
                SELECT id, status, assigned_to FROM rows_before
            ) AS changed;
            RETURN NULL;
        EXCEPTION WHEN OTHERS THEN
            RETURN NULL;
        END $$
        $body$,
        $body$
        CREATE OR REPLACE FUNCTION OUR_SCHEMA.qcontact_mark_noted() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        BEGIN
            INSERT INTO OUR_SCHEMA.qcontact_change_mark (ticket_id)
            SELECT DISTINCT ticket_id FROM rows_after WHERE ticket_id IS NOT NULL;
            RETURN NULL;
        EXCEPTION WHEN OTHERS THEN
            RETURN NULL;
        END $$
        $body$
    ]
    LOOP
        EXECUTE replace(body, 'OUR_SCHEMA', quote_ident(current_schema()));
    END LOOP;
END $make$;
