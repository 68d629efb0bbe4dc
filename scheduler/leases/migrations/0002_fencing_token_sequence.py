from django.db import migrations


class Migration(migrations.Migration):
    """One sequence for every lease of the market: of two leases of a task the later has the higher token."""

    dependencies = [("leases", "0001_initial")]

    operations = [
        migrations.RunSQL(
            sql="CREATE SEQUENCE leases_fencing_token AS bigint START 1 NO CYCLE",
            reverse_sql="DROP SEQUENCE leases_fencing_token",
        )
    ]
