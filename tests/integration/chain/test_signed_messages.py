"""Every message that users sign is the one that the contracts check, here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from random import Random
from typing import Any

import pytest
from eth_account.signers.local import LocalAccount
from eth_utils.address import to_checksum_address

from marketplace.chain.abi import CONTRACTS, function_item, interface
from marketplace.chain.deploy import Deployer, DeploymentChoices
from marketplace.chain.deployment import Deployment
from marketplace.chain.errors import ContractReverted
from marketplace.chain.reader import ChainReader
from marketplace.platform.chain import DEVELOPMENT_CHAIN_ID, development_account
from marketplace.signing.eip712 import STRUCTS, Eip712Domain, Input, RegisterNode, TypedMessage

OTHER_CHAIN_ID = 4242
BY_NAME = {struct.__name__: struct for struct in STRUCTS}


def hash_functions() -> Iterator[tuple[str, str]]:
    """Contract and struct of each `hash…` view that takes one struct: the contracts' own list of messages."""
    for contract in CONTRACTS:
        for entry in interface(contract):
            name, inputs = entry.get("name", ""), entry.get("inputs", ())
            if name.startswith("hash") and len(inputs) == 1 and inputs[0]["type"] == "tuple":
                yield contract, name.removeprefix("hash")


def some_message(struct: type[TypedMessage], seed: int) -> TypedMessage:
    """A message whose members are all different and anything that their types hold."""
    random = Random(seed)

    def value(kind: str) -> Any:
        if kind.endswith("[]"):
            return tuple(value(kind[:-2]) for _ in range(3))
        if kind == "Input":
            return Input(value("bytes32"), value("uint256"))
        if kind == "bytes32":
            return "0x" + random.randbytes(32).hex()
        if kind == "address":
            return to_checksum_address(random.randbytes(20))
        return bool(random.getrandbits(1)) if kind == "bool" else random.getrandbits(int(kind[4:]))

    values = {item.name: value(item.metadata["solidity"]) for item in fields(struct)}
    if "effect" in values:  # an enumeration of two on the chain
        values["effect"] = random.getrandbits(1)
    return struct(**values)


def test_whatever_a_contract_hashes_has_a_struct_here() -> None:
    assert {(struct.CONTRACT, name) for name, struct in BY_NAME.items()} == set(hash_functions())


@pytest.mark.parametrize("name", BY_NAME)
def test_each_digest_is_the_one_that_the_contract_computes(
    name: str, reader: ChainReader, domains: dict[str, Eip712Domain]
) -> None:
    struct = BY_NAME[name]
    assert function_item(struct.CONTRACT, f"hash{name}")
    for seed in range(3):
        message = some_message(struct, seed)
        computed = reader.call(struct.CONTRACT, f"hash{name}", message.to_struct())
        assert message.digest(domains[struct.CONTRACT]) == computed


def registration(account: LocalAccount) -> RegisterNode:
    return RegisterNode(account.address, account.address, "0x" + "11" * 32, 0, "0x" + "22" * 32, 1, 1, 2**40)


def bring(reader: ChainReader, message: RegisterNode, signature: str) -> Any:
    """Simulated: refused for the signature, or the node's id."""
    return reader.call("NodeRegistry", "registerNode", message.to_struct(), signature)


def test_a_message_for_one_deployment_is_refused_by_another_on_the_same_chain(
    reader: ChainReader,
    domains: dict[str, Eip712Domain],
    stranger: LocalAccount,
    make_deployer: Callable[[Path], Deployer],
    tmp_path: Path,
) -> None:
    choices = DeploymentChoices(treasury=development_account(9).address)
    other = make_deployer(tmp_path / "other.json").deploy(choices)
    message = registration(stranger)
    signature = message.sign(domains["NodeRegistry"], stranger.key)
    assert bring(reader, message, signature) == message.digest(domains["NodeRegistry"])
    with pytest.raises(ContractReverted) as refused:
        bring(ChainReader(reader.web3, other.addresses), message, signature)
    assert refused.value.name == "SignatureInvalid"


def test_a_message_for_one_chain_is_refused_by_the_same_contract_on_a_fork_of_it(
    reader: ChainReader,
    deployment: Deployment,
    stranger: LocalAccount,
    anvil: Callable[..., Any],
) -> None:
    address = deployment.addresses["NodeRegistry"]
    message = registration(stranger)
    here = message.sign(Eip712Domain(DEVELOPMENT_CHAIN_ID, address), stranger.key)
    there = message.sign(Eip712Domain(OTHER_CHAIN_ID, address), stranger.key)
    anvil("anvil_setChainId", OTHER_CHAIN_ID)
    try:
        with pytest.raises(ContractReverted) as refused:
            bring(reader, message, here)
        accepted = bring(reader, message, there)
    finally:
        anvil("anvil_setChainId", DEVELOPMENT_CHAIN_ID)
    assert refused.value.name == "SignatureInvalid"
    assert accepted == message.digest(Eip712Domain(OTHER_CHAIN_ID, address))
