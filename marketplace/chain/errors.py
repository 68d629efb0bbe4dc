"""Errors of the chain. No Django."""

from __future__ import annotations

from typing import Any

__all__ = [
    "ChainError",
    "ChainUnreachable",
    "ContractReverted",
    "DedupeKeyReused",
    "DeploymentMismatch",
    "DeploymentMissing",
]


class ChainError(Exception):
    """Base of all errors of the chain; `code` is stable, `remedy` says what to do."""

    code = "chain_error"
    remedy = "Read the market's log."


class DeploymentMissing(ChainError):
    code = "deployment_missing"
    remedy = "Run `manage.py deploy_contracts`, or point CHAIN_DEPLOYMENT_FILE at an existing record."


class DeploymentMismatch(ChainError):
    """The record names contracts that this chain does not have."""

    code = "deployment_mismatch"
    remedy = "Compare ETH_RPC_URL and CHAIN_ID with the record; deploy again if the chain was wiped."


class ChainUnreachable(ChainError):
    code = "chain_unreachable"
    remedy = "Nothing is lost: the outbox waits and sends again. Check ETH_RPC_URL and the chain's node."


class DedupeKeyReused(ChainError):
    """One dedupe key was used for two different wishes: a programming error."""

    code = "dedupe_key_reused"
    remedy = "Give each wish a key of its own."

    def __init__(self, *, dedupe_key: str) -> None:
        super().__init__(f"the outbox already holds another transaction under {dedupe_key!r}")
        self.dedupe_key = dedupe_key


class ContractReverted(ChainError):
    """A contract refused a call with a typed error.

    `name` is the Solidity error, `arguments` its fields by name, `code` the name in snake case with the
    prefix `chain_`; a refusal without a known error has the code `chain_reverted`.
    """

    remedy = "Read the error's name and arguments: they say which rule of the contract refused."

    def __init__(self, *, name: str, arguments: dict[str, Any], code: str) -> None:
        shown = ", ".join(f"{key}={value}" for key, value in arguments.items())
        super().__init__(f"the contract refused: {name}({shown})")
        self.name = name
        self.arguments = arguments
        self.code = code
