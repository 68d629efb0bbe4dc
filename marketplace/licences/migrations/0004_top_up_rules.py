"""What a licence is topped up by counts as granted; older rows get their holder and their contract."""

from django.db import migrations
from django.db.models import OuterRef, Subquery

from marketplace.chain.binding import rows_bind
from marketplace.signing.eip712 import GrantLicence

CHECK_INSERT = """
CREATE OR REPLACE FUNCTION licences_entry_check_insert() RETURNS trigger LANGUAGE plpgsql AS $$
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
    IF NEW.kind = 'topped_up' AND NOT EXISTS (SELECT 1 FROM licences_quantityentry
            WHERE licence_id = NEW.licence_id AND kind = 'granted') THEN
        RAISE EXCEPTION 'licence % is topped up and was never granted', NEW.licence_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'licences_entry_topped_up_after_grant';
    END IF;
    IF NEW.kind = 'reserved' THEN
        SELECT coalesce(sum(s * runs), 0) AS runs, coalesce(sum(s * cells), 0) AS cells,
               coalesce(sum(s * outputs), 0) AS outputs
          INTO remaining
          FROM (SELECT CASE WHEN kind IN ('granted', 'topped_up', 'released') THEN 1
                            WHEN kind = 'reserved' THEN -1 ELSE 0 END AS s, runs, cells, outputs
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
"""

CHECK_AFTER_REORGANISATION = """
CREATE OR REPLACE FUNCTION licences_entry_check_delete() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    remaining record;
BEGIN
    IF EXISTS (SELECT 1 FROM licences_quantityentry AS entry
                WHERE entry.licence_id = OLD.licence_id
                  AND CASE WHEN entry.kind IN ('reserved', 'topped_up')
                      THEN NOT EXISTS (SELECT 1 FROM licences_quantityentry WHERE kind = 'granted'
                                        AND licence_id = entry.licence_id)
                      WHEN entry.kind IN ('consumed', 'released')
                      THEN NOT EXISTS (SELECT 1 FROM licences_quantityentry WHERE kind = 'reserved'
                                        AND licence_id = entry.licence_id AND job_id = entry.job_id)
                      ELSE false END) THEN
        RAISE EXCEPTION 'licence % would keep entries without what they stand on', OLD.licence_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'licences_entry_no_gap';
    END IF;
    SELECT coalesce(sum(s * runs), 0) AS runs, coalesce(sum(s * cells), 0) AS cells,
           coalesce(sum(s * outputs), 0) AS outputs
      INTO remaining
      FROM (SELECT CASE WHEN kind IN ('granted', 'topped_up', 'released') THEN 1
                        WHEN kind = 'reserved' THEN -1 ELSE 0 END AS s, runs, cells, outputs
              FROM licences_quantityentry WHERE licence_id = OLD.licence_id) AS movement;
    IF remaining.runs < 0 OR remaining.cells < 0 OR remaining.outputs < 0 THEN
        RAISE EXCEPTION 'licence % would have more reserved than granted', OLD.licence_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'licences_entry_no_gap';
    END IF;
    RETURN NULL;
END $$;
"""


def bind(apps, schema_editor):
    licences = apps.get_model("licences", "Licence")
    consumer = apps.get_model("accounts", "Party").objects.filter(pk=OuterRef("consumer_id"))
    licences.objects.update(holder=Subquery(consumer.values("eth_address")[:1]))
    rows_bind(licences, GrantLicence, lambda row: row.grant)


class Migration(migrations.Migration):
    dependencies = [("licences", "0003_holder_epoch_and_top_up")]

    operations = [
        migrations.RunSQL(CHECK_INSERT, migrations.RunSQL.noop),
        migrations.RunSQL(CHECK_AFTER_REORGANISATION, migrations.RunSQL.noop),
        migrations.RunPython(bind, migrations.RunPython.noop),
    ]
