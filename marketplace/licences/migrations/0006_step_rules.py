"""An agreement's steps are append-only."""

from django.db import migrations

REFUSE_CHANGES = """
CREATE FUNCTION licences_step_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the steps of an agreement are append-only'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'licences_step_append_only';
END $$;
CREATE TRIGGER licences_step_refuse_change BEFORE UPDATE OR DELETE ON licences_agreementstep
    FOR EACH ROW EXECUTE FUNCTION licences_step_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("licences", "0005_agreements")]

    operations = [
        migrations.RunSQL(
            REFUSE_CHANGES,
            "DROP TRIGGER licences_step_refuse_change ON licences_agreementstep;"
            "DROP FUNCTION licences_step_refuse_change();",
        ),
    ]
