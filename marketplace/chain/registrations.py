"""Setups and programs on the chain: registered from their documents, each once. No Django."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marketplace.chain.deploy import Deployer
from marketplace.chain.deployment import Deployment
from marketplace.chain.errors import ContractReverted
from marketplace.chain.reader import ChainReader

__all__ = ["program_register", "setup_register", "verifying_key_struct"]

ZERO_ADDRESS = "0x" + "00" * 20
ZERO_HASH = "0x" + "00" * 32


def setup_register(
    *, deployer: Deployer, reader: ChainReader, deployment: Deployment, setup_id: str, key: Mapping[str, Any]
) -> bool:
    """Register a setup with its verifying key; False if the chain has it.

    A development setup has no ceremony.
    """
    if _setup_is_known(reader, setup_id):
        return False
    deployer.send(deployment, "ProgramRegistry", "registerSetup", verifying_key_struct(key), ZERO_HASH)
    return True


def program_register(
    *,
    deployer: Deployer,
    reader: ChainReader,
    deployment: Deployment,
    program_id: str,
    document: Mapping[str, Any],
) -> bool:
    """Register a program of docs/protocol.md; False if the chain has it."""
    if _program_is_known(reader, program_id):
        return False
    deployer.send(
        deployment,
        "ProgramRegistry",
        "registerProgram",
        program_id,
        document["setup_id"],
        document["left_count"],
        document["right_start"],
        document["degree"],
        ZERO_HASH,
    )
    return True


def verifying_key_struct(key: Mapping[str, Any]) -> list[Any]:
    """The contract's VerifyingKey, in the order in which setup_id hashes it, from the key's JSON form."""
    return [
        int(key["n"]),
        _words(key["alpha1"], 2),
        _words(key["alpha2"], 4),
        _words(key["beta2"], 4),
        _words(key["delta2"], 4),
        _words(key["kappa2"], 4),
        _words(key["kappa_prime2"], 4),
        _words(key["tau2"], 4),
        _words(key["l0"], 2),
        _words(key["eta"], 2),
        _words(key["job_point"], 2),
    ]


def _setup_is_known(reader: ChainReader, setup_id: str) -> bool:
    try:
        return bool(reader.call("ProgramRegistry", "setup", setup_id)["verifier"] != ZERO_ADDRESS)
    except ContractReverted:
        return False


def _program_is_known(reader: ChainReader, program_id: str) -> bool:
    try:
        return bool(reader.call("ProgramRegistry", "program", program_id)["setupId"] != ZERO_HASH)
    except ContractReverted:
        return False


def _words(point: str, count: int) -> tuple[int, ...]:
    raw = bytes.fromhex(point.removeprefix("0x"))
    if len(raw) != 32 * count:
        raise ValueError(f"a point has {len(raw)} bytes, expected {32 * count}")
    return tuple(int.from_bytes(raw[i : i + 32], "big") for i in range(0, len(raw), 32))
