import django.contrib.postgres.indexes
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("chain", "0002_transaction_job"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="chainevent",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["arguments"], name="chain_event_arguments", opclasses=["jsonb_path_ops"]
            ),
        ),
    ]
