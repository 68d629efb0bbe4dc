"""The tables of this app."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import marketplace.rest.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("catalogue", "0001_initial"),
        ("chain", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Licence",
            fields=[
                (
                    "licence_id",
                    marketplace.rest.fields.HexField(
                        byte_length=32,
                        help_text="EIP-712 digest of the grant",
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("terms", models.JSONField()),
                ("terms_hash", marketplace.rest.fields.HexField(byte_length=32)),
                (
                    "program_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=marketplace.rest.fields.HexField(byte_length=32), size=None
                    ),
                ),
                (
                    "columns",
                    marketplace.rest.fields.NumericIntegerField(
                        help_text="bitmap of the dataset's columns; bit 0 is `ones`"
                    ),
                ),
                ("runs_granted", marketplace.rest.fields.NumericIntegerField()),
                ("cells_granted", marketplace.rest.fields.NumericIntegerField()),
                ("outputs_granted", marketplace.rest.fields.NumericIntegerField()),
                (
                    "price_per_run",
                    marketplace.rest.fields.NumericIntegerField(
                        help_text="in the settlement token's smallest unit"
                    ),
                ),
                ("not_before", models.DateTimeField()),
                ("not_after", models.DateTimeField()),
                ("grant", models.JSONField(help_text="the EIP-712 message as signed")),
                ("signature", marketplace.rest.fields.HexField(byte_length=65)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("SIGNED", "Signed"),
                            ("GRANTED", "Granted"),
                            ("REVOKED", "Revoked"),
                            ("EXPIRED", "Expired"),
                            ("REJECTED", "Rejected"),
                        ],
                        default="SIGNED",
                        max_length=8,
                    ),
                ),
                ("rejection", models.TextField(blank=True)),
                ("signed_at", models.DateTimeField(auto_now_add=True)),
                ("granted_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "consumer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="licences_held",
                        to="accounts.party",
                    ),
                ),
                (
                    "dataset",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="licences",
                        to="catalogue.dataset",
                    ),
                ),
                (
                    "provider",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="licences_provided",
                        to="accounts.party",
                    ),
                ),
            ],
            options={
                "ordering": ["-signed_at", "licence_id"],
            },
        ),
        migrations.CreateModel(
            name="QuantityEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "job_id",
                    marketplace.rest.fields.HexField(blank=True, byte_length=32, db_index=True, null=True),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("granted", "Granted"),
                            ("reserved", "Reserved"),
                            ("consumed", "Consumed"),
                            ("released", "Released"),
                        ],
                        max_length=8,
                    ),
                ),
                ("runs", marketplace.rest.fields.NumericIntegerField()),
                ("cells", marketplace.rest.fields.NumericIntegerField()),
                ("outputs", marketplace.rest.fields.NumericIntegerField()),
                ("recorded_at", models.DateTimeField(auto_now_add=True)),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="quantity_entries",
                        to="chain.chainevent",
                    ),
                ),
                (
                    "licence",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="licences.licence",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "quantity entries",
                "ordering": ["id"],
            },
        ),
        migrations.AddConstraint(
            model_name="licence",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["SIGNED", "GRANTED", "REVOKED", "EXPIRED", "REJECTED"])),
                name="licences_licence_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="licence",
            constraint=models.CheckConstraint(
                condition=models.Q(("not_before__lt", models.F("not_after"))),
                name="licences_licence_validity",
            ),
        ),
        migrations.AddConstraint(
            model_name="licence",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "GRANTED"), _negated=True),
                    ("granted_at__isnull", False),
                    _connector="OR",
                ),
                name="licences_licence_granted_at",
            ),
        ),
        migrations.AddConstraint(
            model_name="licence",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("revoked_at__isnull", False), ("state", "REVOKED")),
                    models.Q(models.Q(("state", "REVOKED"), _negated=True), ("revoked_at__isnull", True)),
                    _connector="OR",
                ),
                name="licences_licence_revoked_at",
            ),
        ),
        migrations.AddConstraint(
            model_name="quantityentry",
            constraint=models.UniqueConstraint(
                fields=("licence", "job_id", "kind"), name="licences_entry_once", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            model_name="quantityentry",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind__in", ["consumed", "released"])),
                fields=("licence", "job_id"),
                name="licences_entry_consumed_or_released",
            ),
        ),
        migrations.AddConstraint(
            model_name="quantityentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("job_id__isnull", True), ("kind", "granted")),
                    models.Q(("job_id__isnull", False), ("kind__in", ["reserved", "consumed", "released"])),
                    _connector="OR",
                ),
                name="licences_entry_kind",
            ),
        ),
    ]
