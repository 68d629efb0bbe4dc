"""Forms of the chain in the API."""

from __future__ import annotations

import re
from typing import Any

from eth_utils.address import is_checksum_address
from rest_framework import serializers

from marketplace.chain.models import ChainTransaction

__all__ = ["BalanceSerializer", "ChainSerializer", "DepositSerializer", "TransactionSerializer"]

_WORD = re.compile(r"\A0x[0-9a-f]{64}\Z")
_DECIMAL = re.compile(r"\A[1-9][0-9]{0,77}\Z")


class PermitSignatureSerializer(serializers.Serializer[dict[str, Any]]):
    v = serializers.ChoiceField(choices=[27, 28])
    r = serializers.RegexField(_WORD)
    s = serializers.RegexField(_WORD)


class DepositSerializer(serializers.Serializer[dict[str, Any]]):
    owner = serializers.CharField(max_length=42, help_text="checksummed; the address of the calling party")
    amount = serializers.RegexField(_DECIMAL, help_text="decimal string, smallest unit of the token")
    deadline = serializers.IntegerField(min_value=1, help_text="unix seconds, as signed")
    signature = PermitSignatureSerializer(help_text="ERC-2612 permit of the Market contract")

    def validate_owner(self, value: str) -> str:
        if not is_checksum_address(value):
            raise serializers.ValidationError("an address with its EIP-55 checksum")
        return value

    def validate_amount(self, value: str) -> int:
        amount = int(value)
        if amount >= 2**256:
            raise serializers.ValidationError("below 2^256")
        return amount


class TransactionSerializer(serializers.ModelSerializer[ChainTransaction]):
    transaction_id = serializers.UUIDField(source="id", read_only=True)
    job_id = serializers.CharField(read_only=True, allow_null=True)

    class Meta:
        model = ChainTransaction
        fields = (
            "transaction_id",
            "kind",
            "state",
            "job_id",
            "tx_hash",
            "block_number",
            "gas_used",
            "error_code",
            "error_name",
            "error_arguments",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields


class ChainSerializer(serializers.Serializer[dict[str, Any]]):
    chain_id = serializers.IntegerField()
    rpc_url = serializers.CharField(required=False)
    contracts = serializers.DictField(child=serializers.CharField())
    finality_depth = serializers.IntegerField()
    eip712 = serializers.DictField(child=serializers.CharField())


class BalanceSerializer(serializers.Serializer[dict[str, Any]]):
    balance = serializers.CharField(help_text="credit in the market, free of escrow")
    escrow = serializers.CharField(help_text="locked for open jobs of this consumer")
    token = serializers.CharField(help_text="settlement tokens in the account itself")
