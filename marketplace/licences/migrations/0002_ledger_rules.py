"""The rules of the quantity ledger as triggers: append-only, and granted = remaining + reserved + consumed.

Inserts lock the licence's row, so that two of them see each other. Each refusal is a check violation
(SQLSTATE 23514) that names its rule as the constraint.
"""

from django.db import migrations

CHECK_INSERT = """
CREATE FUNCTION licences_entry_check_insert() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    licence licences_licence%ROWTYPE;
    was_reserved licences_quantityentry%ROWTYPE;
    remaining record;
BEGIN
    SELECT * INTO licence FROM licences_licence WHERE licence_id = NEW.licence_id FOR UPDATE;
    IF NEW.kind = 'granted' AND (NEW.runs, NEW.cells, NEW.outputs)
            <> (licence.runs_granted, licence.cells_granted, licence.outputs_granted) THEN
        RAISE EXCEPTION 'licence % was granted other quantities than it was signed for', NEW.licence_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'licences_entry_granted_as_signed';
    END IF;
    IF NEW.kind = 'reserved' THEN
        SELECT coalesce(sum(s * runs), 0) AS runs, coalesce(sum(s * cells), 0) AS cells,
               coalesce(sum(s * outputs), 0) AS outputs
          INTO remaining
          FROM (SELECT CASE kind WHEN 'granted' THEN 1 WHEN 'released' THEN 1 WHEN 'reserved' THEN -1 ELSE 0 END
                       AS s, runs, cells, outputs
                  FROM licences_quantityentry WHERE licence_id = NEW.licence_id) AS movement;
        IF remaining.runs < NEW.runs OR remaining.cells < NEW.cells OR remaining.outputs < NEW.outputs THEN
            RAISE EXCEPTION 'licence % has less left than job % reserves', NEW.licence_id, NEW.job_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'licences_entry_within_remaining';
        END IF;
    END IF;
    IF NEW.kind IN ('consumed', 'released') THEN
        SELECT * INTO was_reserved FROM licences_quantityentry
         WHERE licence_id = NEW.licence_id AND job_id = NEW.job_id AND kind = 'reserved';
        IF NOT FOUND OR (NEW.runs, NEW.cells, NEW.outputs)
                <> (was_reserved.runs, was_reserved.cells, was_reserved.outputs) THEN
            RAISE EXCEPTION 'job % did not reserve this quantity of licence %', NEW.job_id, NEW.licence_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'licences_entry_was_reserved';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER licences_entry_check_insert BEFORE INSERT ON licences_quantityentry
    FOR EACH ROW EXECUTE FUNCTION licences_entry_check_insert();
"""

REFUSE_CHANGES = """
CREATE FUNCTION licences_entry_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (SELECT 1 FROM chain_chainevent
                                     WHERE id = OLD.event_id AND orphaned_at IS NOT NULL) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the quantity ledger is append-only'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'licences_entry_append_only';
END $$;
CREATE TRIGGER licences_entry_refuse_change BEFORE UPDATE OR DELETE ON licences_quantityentry
    FOR EACH ROW EXECUTE FUNCTION licences_entry_refuse_change();
"""

CHECK_AFTER_REORGANISATION = """
CREATE FUNCTION licences_entry_check_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM licences_quantityentry AS entry
                WHERE entry.licence_id = OLD.licence_id
                  AND CASE WHEN entry.kind = 'reserved'
                      THEN NOT EXISTS (SELECT 1 FROM licences_quantityentry WHERE kind = 'granted'
                                        AND licence_id = entry.licence_id)
                      WHEN entry.kind IN ('consumed', 'released')
                      THEN NOT EXISTS (SELECT 1 FROM licences_quantityentry WHERE kind = 'reserved'
                                        AND licence_id = entry.licence_id AND job_id = entry.job_id)
                      ELSE false END) THEN
        RAISE EXCEPTION 'licence % would keep entries without what they stand on', OLD.licence_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'licences_entry_no_gap';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER licences_entry_check_delete AFTER DELETE ON licences_quantityentry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION licences_entry_check_delete();
"""


class Migration(migrations.Migration):
    dependencies = [("licences", "0001_initial"), ("chain", "0001_initial")]

    operations = [
        migrations.RunSQL(
            CHECK_INSERT,
            "DROP TRIGGER licences_entry_check_insert ON licences_quantityentry;"
            "DROP FUNCTION licences_entry_check_insert();",
        ),
        migrations.RunSQL(
            REFUSE_CHANGES,
            "DROP TRIGGER licences_entry_refuse_change ON licences_quantityentry;"
            "DROP FUNCTION licences_entry_refuse_change();",
        ),
        migrations.RunSQL(
            CHECK_AFTER_REORGANISATION,
            "DROP TRIGGER licences_entry_check_delete ON licences_quantityentry;"
            "DROP FUNCTION licences_entry_check_delete();",
        ),
    ]
