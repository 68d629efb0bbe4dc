"""Jobs that are older than `chain_contract` get the contract for which they were ordered."""

from django.db import migrations

from marketplace.chain.binding import rows_bind
from marketplace.signing.eip712 import Order


def bind(apps, schema_editor):
    rows_bind(apps.get_model("orders", "Job"), Order, lambda row: row.order)


class Migration(migrations.Migration):
    dependencies = [("orders", "0003_job_on_chain")]

    operations = [migrations.RunPython(bind, migrations.RunPython.noop)]
