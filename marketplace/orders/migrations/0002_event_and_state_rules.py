"""Events are append-only, and a job's state changes only along the table of docs/architecture.md."""

from django.db import migrations

APPEND_ONLY = """
CREATE FUNCTION orders_jobevent_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the events of a job are append-only'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'orders_event_append_only';
END $$;
CREATE TRIGGER orders_jobevent_refuse_change BEFORE UPDATE OR DELETE ON orders_jobevent
    FOR EACH ROW EXECUTE FUNCTION orders_jobevent_refuse_change();
"""

STATES = """
CREATE FUNCTION orders_job_check_transition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.state, NEW.state) IN (
            ('PLACED', 'ADMITTED'), ('ADMITTED', 'MATCHED'), ('MATCHED', 'OPENED'), ('OPENED', 'DEALING'),
            ('DEALING', 'COMPUTING'), ('COMPUTING', 'PROVING'), ('PROVING', 'VERIFIED'), ('VERIFIED', 'SETTLED'),
            ('COMPUTING', 'DEALING'), ('PROVING', 'DEALING'))
        OR (NEW.state = 'CANCELLED' AND OLD.state IN ('PLACED', 'ADMITTED', 'MATCHED', 'OPENED'))
        OR (NEW.state IN ('EXPIRED', 'FAILED')
            AND OLD.state NOT IN ('SETTLED', 'CANCELLED', 'FAILED', 'EXPIRED'))
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a job does not go from % to %', OLD.state, NEW.state
        USING ERRCODE = 'check_violation', CONSTRAINT = 'orders_job_transition';
END $$;
CREATE TRIGGER orders_job_check_transition BEFORE UPDATE OF state ON orders_job
    FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION orders_job_check_transition();
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]

    operations = [
        migrations.RunSQL(
            APPEND_ONLY,
            "DROP TRIGGER orders_jobevent_refuse_change ON orders_jobevent;"
            "DROP FUNCTION orders_jobevent_refuse_change();",
        ),
        migrations.RunSQL(
            STATES,
            "DROP TRIGGER orders_job_check_transition ON orders_job;"
            "DROP FUNCTION orders_job_check_transition();",
        ),
    ]
