"""The tables of this app."""

import django.db.models.deletion
from django.db import migrations, models

import marketplace.rest.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("catalogue", "0001_initial"),
        ("licences", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Job",
            fields=[
                (
                    "job_id",
                    marketplace.rest.fields.HexField(
                        byte_length=32,
                        help_text="EIP-712 digest of the order",
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("order", models.JSONField(help_text="the EIP-712 message as signed")),
                ("signature", marketplace.rest.fields.HexField(byte_length=65)),
                ("details", models.JSONField(help_text="purpose, placement, parameters")),
                ("visibility", models.PositiveSmallIntegerField(choices=[(0, "Public"), (1, "Sealed")])),
                (
                    "recipient_key",
                    marketplace.rest.fields.HexField(
                        byte_length=32, help_text="X25519 key that sealed result shares are addressed to"
                    ),
                ),
                ("max_price", marketplace.rest.fields.NumericIntegerField()),
                ("deadline", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("PLACED", "Placed"),
                            ("ADMITTED", "Admitted"),
                            ("MATCHED", "Matched"),
                            ("OPENED", "Opened"),
                            ("DEALING", "Dealing"),
                            ("COMPUTING", "Computing"),
                            ("PROVING", "Proving"),
                            ("VERIFIED", "Verified"),
                            ("SETTLED", "Settled"),
                            ("CANCELLED", "Cancelled"),
                            ("FAILED", "Failed"),
                            ("EXPIRED", "Expired"),
                        ],
                        default="PLACED",
                        max_length=9,
                    ),
                ),
                ("attempt", models.PositiveSmallIntegerField(default=1)),
                ("reason_code", models.CharField(blank=True, max_length=64)),
                ("reason_detail", models.JSONField(blank=True, default=dict)),
                (
                    "price",
                    marketplace.rest.fields.NumericIntegerField(
                        blank=True, help_text="known once nodes are matched", null=True
                    ),
                ),
                (
                    "request_id",
                    models.CharField(blank=True, help_text="of the request that placed it", max_length=64),
                ),
                ("placed_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "consumer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="jobs", to="accounts.party"
                    ),
                ),
                (
                    "program",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="jobs",
                        to="catalogue.program",
                    ),
                ),
            ],
            options={
                "ordering": ["-placed_at", "job_id"],
            },
        ),
        migrations.CreateModel(
            name="Receipt",
            fields=[
                (
                    "job",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="receipt",
                        serialize=False,
                        to="orders.job",
                    ),
                ),
                ("bundle", models.JSONField()),
                ("transaction_hash", marketplace.rest.fields.HexField(byte_length=32)),
                ("block_number", models.PositiveBigIntegerField()),
                ("gas_used", models.PositiveBigIntegerField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="JobEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sequence", models.PositiveIntegerField()),
                (
                    "kind",
                    models.CharField(help_text="past tense: placed, admitted, node_lost …", max_length=64),
                ),
                (
                    "from_state",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("PLACED", "Placed"),
                            ("ADMITTED", "Admitted"),
                            ("MATCHED", "Matched"),
                            ("OPENED", "Opened"),
                            ("DEALING", "Dealing"),
                            ("COMPUTING", "Computing"),
                            ("PROVING", "Proving"),
                            ("VERIFIED", "Verified"),
                            ("SETTLED", "Settled"),
                            ("CANCELLED", "Cancelled"),
                            ("FAILED", "Failed"),
                            ("EXPIRED", "Expired"),
                        ],
                        max_length=9,
                    ),
                ),
                (
                    "to_state",
                    models.CharField(
                        choices=[
                            ("PLACED", "Placed"),
                            ("ADMITTED", "Admitted"),
                            ("MATCHED", "Matched"),
                            ("OPENED", "Opened"),
                            ("DEALING", "Dealing"),
                            ("COMPUTING", "Computing"),
                            ("PROVING", "Proving"),
                            ("VERIFIED", "Verified"),
                            ("SETTLED", "Settled"),
                            ("CANCELLED", "Cancelled"),
                            ("FAILED", "Failed"),
                            ("EXPIRED", "Expired"),
                        ],
                        max_length=9,
                    ),
                ),
                ("attempt", models.PositiveSmallIntegerField()),
                ("detail", models.JSONField(default=dict)),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="events", to="orders.job"
                    ),
                ),
            ],
            options={
                "ordering": ["job", "sequence"],
            },
        ),
        migrations.CreateModel(
            name="JobInput",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveSmallIntegerField()),
                ("columns", marketplace.rest.fields.NumericIntegerField()),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="inputs", to="orders.job"
                    ),
                ),
                (
                    "licence",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="job_inputs",
                        to="licences.licence",
                    ),
                ),
            ],
            options={
                "ordering": ["job", "position"],
            },
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(
                    ("state__in", ["SETTLED", "CANCELLED", "FAILED", "EXPIRED"]), _negated=True
                ),
                fields=["state", "updated_at"],
                name="orders_job_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            "PLACED",
                            "ADMITTED",
                            "MATCHED",
                            "OPENED",
                            "DEALING",
                            "COMPUTING",
                            "PROVING",
                            "VERIFIED",
                            "SETTLED",
                            "CANCELLED",
                            "FAILED",
                            "EXPIRED",
                        ],
                    )
                ),
                name="orders_job_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.CheckConstraint(
                condition=models.Q(("attempt__gte", 1), ("attempt__lte", 3)), name="orders_job_attempt"
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.CheckConstraint(
                condition=models.Q(("visibility__in", [0, 1])), name="orders_job_visibility"
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "FAILED"), _negated=True),
                    models.Q(("reason_code", ""), _negated=True),
                    _connector="OR",
                ),
                name="orders_job_failed_has_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("price__isnull", True), ("price__lte", models.F("max_price")), _connector="OR"
                ),
                name="orders_job_price_within_limit",
            ),
        ),
        migrations.AddConstraint(
            model_name="jobevent",
            constraint=models.UniqueConstraint(fields=("job", "sequence"), name="orders_event_sequence_once"),
        ),
        migrations.AddConstraint(
            model_name="jobevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "from_state__in",
                        [
                            "",
                            "PLACED",
                            "ADMITTED",
                            "MATCHED",
                            "OPENED",
                            "DEALING",
                            "COMPUTING",
                            "PROVING",
                            "VERIFIED",
                            "SETTLED",
                            "CANCELLED",
                            "FAILED",
                            "EXPIRED",
                        ],
                    ),
                    (
                        "to_state__in",
                        [
                            "PLACED",
                            "ADMITTED",
                            "MATCHED",
                            "OPENED",
                            "DEALING",
                            "COMPUTING",
                            "PROVING",
                            "VERIFIED",
                            "SETTLED",
                            "CANCELLED",
                            "FAILED",
                            "EXPIRED",
                        ],
                    ),
                ),
                name="orders_event_states",
            ),
        ),
        migrations.AddConstraint(
            model_name="jobinput",
            constraint=models.UniqueConstraint(fields=("job", "position"), name="orders_input_position_once"),
        ),
        migrations.AddConstraint(
            model_name="jobinput",
            constraint=models.UniqueConstraint(fields=("job", "licence"), name="orders_input_licence_once"),
        ),
    ]
