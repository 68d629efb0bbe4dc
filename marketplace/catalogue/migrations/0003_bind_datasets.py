"""Datasets that are older than `chain_contract` get the contract for which they were signed."""

from django.db import migrations

from marketplace.chain.binding import rows_bind
from marketplace.signing.eip712 import RegisterDataset


def bind(apps, schema_editor):
    rows_bind(apps.get_model("catalogue", "Dataset"), RegisterDataset, lambda row: row.registration)


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0002_dataset_chain_contract")]

    operations = [migrations.RunPython(bind, migrations.RunPython.noop)]
