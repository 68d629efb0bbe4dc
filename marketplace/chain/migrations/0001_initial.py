import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE chain_transaction_sequence", "DROP SEQUENCE chain_transaction_sequence"
        ),
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                ("name", models.CharField(max_length=80, primary_key=True, serialize=False)),
                ("block_number", models.PositiveBigIntegerField()),
                ("block_hash", models.CharField(max_length=66)),
                ("head_number", models.PositiveBigIntegerField(default=0)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("block_hash__regex", "^0x[0-9a-f]{64}$")),
                        name="chain_checkpoint_hash_form",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SignerAccount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("chain_id", models.PositiveBigIntegerField()),
                ("address", models.CharField(max_length=42)),
                ("next_nonce", models.PositiveBigIntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("chain_id", "address"), name="chain_signer_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("address__regex", "^0x[0-9a-fA-F]{40}$")),
                        name="chain_signer_address",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ChainTransaction",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "sequence",
                    models.BigIntegerField(
                        db_default=models.Func(
                            models.Value("chain_transaction_sequence"), function="nextval"
                        ),
                        editable=False,
                        unique=True,
                    ),
                ),
                ("kind", models.CharField(max_length=40)),
                ("dedupe_key", models.CharField(max_length=200, unique=True)),
                ("contract", models.CharField(max_length=40)),
                ("function", models.CharField(max_length=80)),
                ("arguments", models.JSONField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("QUEUED", "Queued"),
                            ("SENT", "Sent"),
                            ("MINED", "Mined"),
                            ("FINAL", "Final"),
                            ("REVERTED", "Reverted"),
                        ],
                        default="QUEUED",
                        max_length=10,
                    ),
                ),
                ("nonce", models.PositiveBigIntegerField(blank=True, null=True)),
                ("tx_hash", models.CharField(blank=True, max_length=66)),
                ("first_sent_at", models.DateTimeField(blank=True, null=True)),
                ("send_attempts", models.PositiveIntegerField(default=0)),
                ("next_attempt_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("last_problem", models.TextField(blank=True)),
                ("block_number", models.PositiveBigIntegerField(blank=True, null=True)),
                ("block_hash", models.CharField(blank=True, max_length=66)),
                ("gas_used", models.PositiveBigIntegerField(blank=True, null=True)),
                (
                    "gas_price_wei",
                    models.DecimalField(blank=True, decimal_places=0, max_digits=78, null=True),
                ),
                ("error_code", models.CharField(blank=True, max_length=80)),
                ("error_name", models.CharField(blank=True, max_length=80)),
                ("error_arguments", models.JSONField(blank=True, default=dict)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "signer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="chain.signeraccount",
                    ),
                ),
            ],
            options={
                "ordering": ["sequence"],
            },
        ),
        migrations.CreateModel(
            name="ChainEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("block_number", models.PositiveBigIntegerField()),
                ("block_hash", models.CharField(max_length=66)),
                ("log_index", models.PositiveIntegerField()),
                ("transaction_hash", models.CharField(max_length=66)),
                ("contract", models.CharField(max_length=40)),
                ("name", models.CharField(max_length=80)),
                ("arguments", models.JSONField()),
                ("mined_at", models.DateTimeField()),
                ("handled_at", models.DateTimeField(blank=True, null=True)),
                ("problem", models.TextField(blank=True)),
                ("orphaned_at", models.DateTimeField(blank=True, null=True)),
                (
                    "checkpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="chain.checkpoint",
                    ),
                ),
            ],
            options={
                "ordering": ["block_number", "log_index"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("handled_at__isnull", True), ("orphaned_at__isnull", True)),
                        fields=["block_number", "log_index"],
                        name="chain_event_unhandled",
                    ),
                    models.Index(fields=["transaction_hash"], name="chain_event_transaction"),
                    models.Index(fields=["contract", "name"], name="chain_event_name"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("block_hash", "log_index"), name="chain_event_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("block_hash__regex", "^0x[0-9a-f]{64}$"),
                            ("transaction_hash__regex", "^0x[0-9a-f]{64}$"),
                        ),
                        name="chain_event_hash_form",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="IndexedBlock",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveBigIntegerField()),
                ("block_hash", models.CharField(max_length=66)),
                ("parent_hash", models.CharField(max_length=66)),
                ("mined_at", models.DateTimeField()),
                (
                    "checkpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="blocks",
                        to="chain.checkpoint",
                    ),
                ),
            ],
            options={
                "ordering": ["number"],
                "constraints": [
                    models.UniqueConstraint(fields=("checkpoint", "number"), name="chain_block_number_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("block_hash__regex", "^0x[0-9a-f]{64}$"),
                            ("parent_hash__regex", "^0x[0-9a-f]{64}$"),
                        ),
                        name="chain_block_hash_form",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SignedTransaction",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("tx_hash", models.CharField(max_length=66, unique=True)),
                ("nonce", models.PositiveBigIntegerField()),
                ("raw", models.BinaryField()),
                ("gas_limit", models.PositiveBigIntegerField()),
                ("max_fee_wei", models.DecimalField(decimal_places=0, max_digits=78)),
                ("priority_fee_wei", models.DecimalField(decimal_places=0, max_digits=78)),
                ("signed_at", models.DateTimeField(auto_now_add=True)),
                (
                    "transaction",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="signed_forms",
                        to="chain.chaintransaction",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("tx_hash__regex", "^0x[0-9a-f]{64}$")),
                        name="chain_signed_hash_form",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("priority_fee_wei__lte", models.F("max_fee_wei"))),
                        name="chain_signed_priority_within_fee",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="chaintransaction",
            index=models.Index(
                condition=models.Q(("state__in", ["QUEUED", "SENT", "MINED"])),
                fields=["state", "sequence"],
                name="chain_transaction_open",
            ),
        ),
        migrations.AddIndex(
            model_name="chaintransaction",
            index=models.Index(fields=["tx_hash"], name="chain_transaction_hash"),
        ),
        migrations.AddConstraint(
            model_name="chaintransaction",
            constraint=models.UniqueConstraint(
                condition=models.Q(("nonce__isnull", False)),
                fields=("signer", "nonce"),
                name="chain_transaction_nonce_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="chaintransaction",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["QUEUED", "SENT", "MINED", "FINAL", "REVERTED"])),
                name="chain_transaction_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="chaintransaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("nonce__isnull", True), ("signer__isnull", True)),
                    models.Q(("nonce__isnull", False), ("signer__isnull", False)),
                    _connector="OR",
                ),
                name="chain_transaction_nonce_has_signer",
            ),
        ),
        migrations.AddConstraint(
            model_name="chaintransaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["SENT", "MINED", "FINAL"]), _negated=True),
                    models.Q(("nonce__isnull", False), models.Q(("tx_hash", ""), _negated=True)),
                    _connector="OR",
                ),
                name="chain_transaction_sent_is_signed",
            ),
        ),
        migrations.AddConstraint(
            model_name="chaintransaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["MINED", "FINAL"]), _negated=True),
                    models.Q(("block_number__isnull", False), models.Q(("block_hash", ""), _negated=True)),
                    _connector="OR",
                ),
                name="chain_transaction_mined_has_block",
            ),
        ),
        migrations.AddConstraint(
            model_name="chaintransaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "REVERTED"), _negated=True),
                    models.Q(("error_code", ""), _negated=True),
                    _connector="OR",
                ),
                name="chain_transaction_reverted_has_code",
            ),
        ),
        migrations.AddConstraint(
            model_name="chaintransaction",
            constraint=models.CheckConstraint(
                condition=models.Q(("tx_hash", ""), ("tx_hash__regex", "^0x[0-9a-f]{64}$"), _connector="OR"),
                name="chain_transaction_hash_form",
            ),
        ),
    ]
