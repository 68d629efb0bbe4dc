"""Contracts of this project on a bare anvil, for tests that play all parties themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from eth_utils.abi import collapse_if_tuple
from eth_utils.crypto import keccak
from web3 import Web3
from web3.exceptions import ContractCustomError, Web3RPCError

from marketplace.chain.artefacts import artefact_load
from marketplace.chain.conf import artefacts_directory

__all__ = ["deployer", "error_names", "outcome", "sender_of"]


def deployer(web3: Web3, admin: str) -> Callable[..., Any]:
    """``deploy(name, *constructor arguments)`` as ``admin``."""

    def deploy(name: str, *arguments: Any) -> Any:
        artefact = artefact_load(artefacts_directory(), name)
        factory = web3.eth.contract(abi=artefact.abi, bytecode=artefact.creation_code)
        receipt = web3.eth.wait_for_transaction_receipt(
            factory.constructor(*arguments).transact({"from": admin})
        )
        return web3.eth.contract(address=receipt["contractAddress"], abi=artefact.abi)

    return deploy


def sender_of(web3: Web3, admin: str) -> Callable[..., None]:
    """``send(call, sender)``, waited for; ``admin`` if nobody else is said."""

    def send(call: Any, sender: str = admin) -> None:
        web3.eth.wait_for_transaction_receipt(call.transact({"from": sender}))

    return send


def error_names(abi: Any) -> dict[str, str]:
    """The contract's errors by selector."""
    return {
        "0x"
        + keccak(text=f"{item['name']}({','.join(map(collapse_if_tuple, item['inputs']))})")[:4].hex(): item[
            "name"
        ]
        for item in abi
        if item["type"] == "error"
    }


def outcome(web3: Web3, errors: dict[str, str], call: Any, sender: str) -> str | None:
    """Sends the call; the name of the error if it is refused."""
    try:
        call.call({"from": sender})
    except (ContractCustomError, Web3RPCError) as refusal:
        return errors[str(getattr(refusal, "data", None) or refusal.args[0])[:10]]
    receipt = web3.eth.wait_for_transaction_receipt(call.transact({"from": sender}))
    assert receipt["status"] == 1
    return None
