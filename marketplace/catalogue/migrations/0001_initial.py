"""The tables of this app."""

import django.db.models.deletion
from django.db import migrations, models

import marketplace.rest.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Setup",
            fields=[
                (
                    "setup_id",
                    marketplace.rest.fields.HexField(
                        byte_length=32,
                        help_text="hash of the verifying key (docs/protocol.md)",
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "capacity",
                    models.PositiveBigIntegerField(
                        help_text="rows of a column, data and blinding: a power of two"
                    ),
                ),
                ("verifying_key", models.JSONField()),
                ("is_development", models.BooleanField()),
                (
                    "directory",
                    models.CharField(
                        help_text="where the key files are, on the market's machine", max_length=500
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["capacity", "setup_id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("capacity__gte", 8), ("capacity__lte", 268435456)),
                        name="catalogue_setup_capacity",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Program",
            fields=[
                (
                    "program_id",
                    marketplace.rest.fields.HexField(
                        byte_length=32,
                        help_text="keccak256 of the canonical document",
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("document", models.JSONField()),
                ("title", models.CharField(max_length=120)),
                ("title_zh", models.CharField(blank=True, max_length=120)),
                (
                    "is_registered",
                    models.BooleanField(default=False, help_text="the chain's ProgramRegistry knows it"),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "setup",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="programs",
                        to="catalogue.setup",
                    ),
                ),
            ],
            options={
                "ordering": ["created_at", "program_id"],
            },
        ),
        migrations.CreateModel(
            name="Dataset",
            fields=[
                (
                    "dataset_id",
                    marketplace.rest.fields.HexField(
                        byte_length=32,
                        help_text="EIP-712 digest of the registration",
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("title", models.CharField(max_length=120)),
                ("rows", models.PositiveBigIntegerField()),
                ("grade", models.PositiveSmallIntegerField(help_text="sensitivity, 0 (public) to 4")),
                ("schema", models.JSONField()),
                ("schema_hash", marketplace.rest.fields.HexField(byte_length=32)),
                ("columns_hash", marketplace.rest.fields.HexField(byte_length=32)),
                ("registration", models.JSONField(help_text="the EIP-712 message as signed")),
                ("signature", marketplace.rest.fields.HexField(byte_length=65)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("SUBMITTED", "Submitted"),
                            ("REGISTERED", "Registered"),
                            ("REJECTED", "Rejected"),
                        ],
                        default="SUBMITTED",
                        max_length=10,
                    ),
                ),
                ("rejection", models.TextField(blank=True)),
                ("submitted_at", models.DateTimeField(auto_now_add=True)),
                ("registered_at", models.DateTimeField(blank=True, null=True)),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="datasets",
                        to="accounts.party",
                    ),
                ),
                (
                    "setup",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="datasets",
                        to="catalogue.setup",
                    ),
                ),
            ],
            options={
                "ordering": ["-submitted_at", "dataset_id"],
            },
        ),
        migrations.CreateModel(
            name="Column",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("index", models.PositiveSmallIntegerField()),
                ("name", models.CharField(max_length=80)),
                (
                    "schema",
                    models.JSONField(help_text="name, title, scale, minimum, maximum, data_type, grade"),
                ),
                ("commitment", marketplace.rest.fields.HexField(byte_length=64, help_text="F in G1")),
                ("commitment_g2", marketplace.rest.fields.HexField(byte_length=128, help_text="F² in G2")),
                ("knowledge_proof", marketplace.rest.fields.HexField(byte_length=64, help_text="F^κ in G1")),
                ("column_hash", marketplace.rest.fields.HexField(byte_length=32)),
                (
                    "dataset",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="columns",
                        to="catalogue.dataset",
                    ),
                ),
            ],
            options={
                "ordering": ["dataset", "index"],
                "constraints": [
                    models.UniqueConstraint(fields=("dataset", "index"), name="catalogue_column_index_once"),
                    models.UniqueConstraint(fields=("dataset", "name"), name="catalogue_column_name_once"),
                    models.CheckConstraint(
                        condition=models.Q(("index__lte", 255)), name="catalogue_column_index"
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="dataset",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["SUBMITTED", "REGISTERED", "REJECTED"])),
                name="catalogue_dataset_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="dataset",
            constraint=models.CheckConstraint(
                condition=models.Q(("rows__gte", 1)), name="catalogue_dataset_has_rows"
            ),
        ),
        migrations.AddConstraint(
            model_name="dataset",
            constraint=models.CheckConstraint(
                condition=models.Q(("grade__lte", 4)), name="catalogue_dataset_grade"
            ),
        ),
        migrations.AddConstraint(
            model_name="dataset",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("registered_at__isnull", False), ("state", "REGISTERED")),
                    models.Q(
                        models.Q(("state", "REGISTERED"), _negated=True), ("registered_at__isnull", True)
                    ),
                    _connector="OR",
                ),
                name="catalogue_dataset_registered_at",
            ),
        ),
        migrations.AddConstraint(
            model_name="dataset",
            constraint=models.CheckConstraint(
                condition=models.Q(("state", "REJECTED"), ("rejection", ""), _connector="XOR"),
                name="catalogue_dataset_rejection",
            ),
        ),
    ]
