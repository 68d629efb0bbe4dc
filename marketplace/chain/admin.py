"""The chain in Django's admin: to look at, not to change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from marketplace.chain.models import (
    ChainEvent,
    ChainTransaction,
    Checkpoint,
    IndexedBlock,
    SignedTransaction,
    SignerAccount,
)

if TYPE_CHECKING:
    AnyModelAdmin = admin.ModelAdmin[Any]
else:
    AnyModelAdmin = admin.ModelAdmin


class ReadOnlyAdmin(AnyModelAdmin):
    """What the chain and the outbox recorded is nobody's to edit."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ChainTransaction)
class ChainTransactionAdmin(ReadOnlyAdmin):
    list_display = (
        "sequence",
        "kind",
        "state",
        "function",
        "nonce",
        "error_name",
        "last_problem",
        "updated_at",
    )
    list_filter = ("state", "kind", "contract")
    search_fields = ("dedupe_key", "tx_hash", "job__job_id")


@admin.register(SignedTransaction)
class SignedTransactionAdmin(ReadOnlyAdmin):
    list_display = ("tx_hash", "nonce", "gas_limit", "max_fee_wei", "signed_at")
    search_fields = ("tx_hash",)


@admin.register(ChainEvent)
class ChainEventAdmin(ReadOnlyAdmin):
    list_display = ("block_number", "log_index", "contract", "name", "handled_at", "orphaned_at", "problem")
    list_filter = ("contract", "name", ("handled_at", admin.EmptyFieldListFilter))
    search_fields = ("transaction_hash", "arguments")


admin.site.register([Checkpoint, IndexedBlock, SignerAccount], ReadOnlyAdmin)
