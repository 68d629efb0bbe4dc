"""Each new event of a job is noted in its own transaction, so that none is missed and none told before."""

from django.db import migrations

NOTE = """
CREATE FUNCTION webhooks_note_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO webhooks_unannouncedevent (event_id) VALUES (NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER webhooks_note_event AFTER INSERT ON orders_jobevent
    FOR EACH ROW EXECUTE FUNCTION webhooks_note_event();
"""


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0001_initial")]

    operations = [
        migrations.RunSQL(
            NOTE,
            "DROP TRIGGER webhooks_note_event ON orders_jobevent; DROP FUNCTION webhooks_note_event();",
        ),
    ]
