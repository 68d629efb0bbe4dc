"""The chain's part of the Django settings, with its clients."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from eth_account import Account
from eth_account.signers.local import LocalAccount
from web3 import Web3

from marketplace.chain.deployment import Deployment
from marketplace.chain.errors import DeploymentMismatch, SenderBusy, SignerMissing
from marketplace.chain.locks import advisory_lock
from marketplace.chain.reader import ChainReader
from marketplace.chain.rpc import connect

__all__ = [
    "DEVELOPMENT_CHAIN_IDS",
    "OutboxPolicy",
    "artefacts_directory",
    "chain_reader",
    "chain_web3",
    "deployment_current",
    "outbox_policy",
    "sender_lock",
    "sender_lock_name",
    "signer_account",
]

GWEI = 10**9
LOCK_ATTEMPTS = 100
LOCK_PAUSE_SECONDS = 0.2
# Chains on which tokens are free and may be minted: anvil and Hardhat.
DEVELOPMENT_CHAIN_IDS = frozenset({31337, 1337})


@dataclass(frozen=True, slots=True)
class OutboxPolicy:
    """When to send again, when to pay more, when a block counts as final."""

    finality_depth: int
    reprice_after_seconds: float = 60.0
    resend_after_seconds: float = 15.0
    retry_first_seconds: float = 1.0
    retry_longest_seconds: float = 60.0
    gas_margin_percent: int = 20
    highest_fee_wei: int = 500 * GWEI


def outbox_policy() -> OutboxPolicy:
    """The policy of this installation."""
    return OutboxPolicy(
        finality_depth=settings.CHAIN_FINALITY_DEPTH,
        reprice_after_seconds=float(settings.CHAIN_REPRICE_AFTER_SECONDS),
        highest_fee_wei=settings.CHAIN_HIGHEST_FEE_GWEI * GWEI,
    )


def chain_web3() -> Web3:
    """A client of the node of the settings."""
    return _connect(settings.ETH_RPC_URL)


def deployment_current() -> Deployment:
    """The deployment that the settings name; raises `DeploymentMissing` or `DeploymentMismatch`."""
    path = Path(settings.CHAIN_DEPLOYMENT_FILE)
    try:
        changed_at = path.stat().st_mtime_ns
    except FileNotFoundError:
        changed_at = 0
    deployment = _load(path, changed_at)
    if deployment.chain_id != settings.CHAIN_ID:
        raise DeploymentMismatch(
            f"{path} is a deployment on chain {deployment.chain_id}, but CHAIN_ID is {settings.CHAIN_ID}"
        )
    return deployment


def chain_reader() -> ChainReader:
    """The views of the current deployment."""
    return ChainReader(chain_web3(), deployment_current().addresses)


def signer_account() -> LocalAccount:
    """The relayer's key, from CHAIN_SIGNER_KEY_FILE: `0x` and 64 hexadecimal digits."""
    path = Path(settings.CHAIN_SIGNER_KEY_FILE)
    try:
        account: LocalAccount = Account.from_key(path.read_text().strip())
    except OSError as error:
        raise SignerMissing(f"the signer's key file {path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise SignerMissing(f"{path} does not hold a key of 0x and 64 hexadecimal digits") from error
    return account


def artefacts_directory() -> Path:
    """Where forge put what it compiled; needed to deploy only."""
    return Path(settings.CHAIN_ARTEFACTS_DIR)


@contextmanager
def sender_lock() -> Iterator[None]:
    """Keep the outbox from sending while a command sends with the same key; raises `SenderBusy`."""
    for _ in range(LOCK_ATTEMPTS):
        with advisory_lock(sender_lock_name(settings.CHAIN_ID, signer_account().address)) as is_held:
            if is_held:
                yield
                return
        time.sleep(LOCK_PAUSE_SECONDS)
    raise SenderBusy("the outbox is sending all the time; stop the worker, or try again")


def sender_lock_name(chain_id: int, address: str) -> str:
    """The advisory lock of whoever sends with a key."""
    return f"outbox/{chain_id}/{address}"


@lru_cache(maxsize=4)
def _connect(rpc_url: str) -> Web3:
    return connect(rpc_url)


@lru_cache(maxsize=4)
def _load(path: Path, _changed_at: int) -> Deployment:
    return Deployment.load(path)
