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
            name="RequestNonce",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key_id", models.CharField(max_length=66)),
                ("nonce", models.CharField(max_length=128)),
                ("seen_at", models.DateTimeField(auto_now_add=True, db_index=True)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("key_id", "nonce"), name="rest_nonce_once")],
            },
        ),
        migrations.CreateModel(
            name="IdempotencyRecord",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=128)),
                (
                    "fingerprint",
                    marketplace.rest.fields.HexField(
                        byte_length=32, help_text="sha256 of method, path and body"
                    ),
                ),
                ("response_status", models.PositiveSmallIntegerField()),
                ("response_body", models.JSONField()),
                ("response_headers", models.JSONField(default=dict)),
                ("answered_at", models.DateTimeField(auto_now_add=True, db_index=True)),
                (
                    "party",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.party"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("party", "key"), name="rest_idempotency_key_once")
                ],
            },
        ),
    ]
