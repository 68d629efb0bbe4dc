"""Errors of the chain. No Django.

ChainError
├── ArgumentsInvalid     a call does not fit its function: a programming error
├── ArtefactMissing      a contract is not compiled
├── DeploymentMissing    no contracts are known
├── SignerMissing        the relayer's key cannot be read
├── DeploymentMismatch   this chain does not have the known contracts
├── DevelopmentSetupRefused  a setup whose secrets one party knew, in production
├── SenderBusy           the outbox sends with the key that a command wants to use
├── ChainUnreachable     the chain's node does not answer; asked again later
├── ContractReverted     a contract refused, with its typed error
├── TransactionRefused   the chain's node does not take a signed transaction; tried again later
├── TransactionTransitionLost  another process moved the transaction first
├── CheckpointLost       another process moved the index first
└── DedupeKeyReused      two wishes under one key
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "ArgumentsInvalid",
    "ArtefactMissing",
    "ChainError",
    "ChainUnreachable",
    "CheckpointLost",
    "ContractReverted",
    "DedupeKeyReused",
    "DeploymentMismatch",
    "DeploymentMissing",
    "DevelopmentSetupRefused",
    "SenderBusy",
    "SignerMissing",
    "TransactionRefused",
    "TransactionTransitionLost",
]


class ChainError(Exception):
    """Base of all errors of the chain; `code` is stable, `remedy` says what to do."""

    code = "chain_error"
    remedy = "Read the market's log."


class ArgumentsInvalid(ChainError):
    code = "chain_arguments_invalid"
    remedy = "Compare the arguments with the contract's interface."


class ArtefactMissing(ChainError):
    """forge has not compiled this contract, or not in a form that can be deployed."""

    code = "artefact_missing"
    remedy = "Run `forge build` in contracts/."


class DeploymentMissing(ChainError):
    code = "deployment_missing"
    remedy = "Run `manage.py deploy_contracts`, or point CHAIN_DEPLOYMENT_FILE at an existing record."


class DeploymentMismatch(ChainError):
    """The record names contracts that this chain does not have."""

    code = "deployment_mismatch"
    remedy = "Compare ETH_RPC_URL and CHAIN_ID with the record; deploy again if the chain was wiped."


class SignerMissing(ChainError):
    code = "signer_missing"
    remedy = "Let CHAIN_SIGNER_KEY_FILE name a file that the market may read."


class DevelopmentSetupRefused(ChainError):
    code = "development_setup_refused"
    remedy = "Take the setup of a ceremony; a development setup lets its maker forge proofs."


class SenderBusy(ChainError):
    code = "sender_busy"
    remedy = "Stop the worker of the queue `chain`, then run the command again."


class ChainUnreachable(ChainError):
    code = "chain_unreachable"
    remedy = "Nothing is lost: the outbox waits and sends again. Check ETH_RPC_URL and the chain's node."


class TransactionRefused(ChainError):
    """For example: the relayer's account has no funds for gas."""

    code = "transaction_refused"
    remedy = "The message of the node says why. Fund the relayer's account if it lacks gas."


class CheckpointLost(ChainError):
    code = "checkpoint_lost"
    remedy = "Nothing: the other process goes on."


class TransactionTransitionLost(ChainError):
    code = "transaction_transition_lost"
    remedy = "Nothing: the other process goes on."


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
