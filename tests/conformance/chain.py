"""anvil's precompiles and our verifier contract, asked many questions at a time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
from web3 import Web3
from web3.contract import Contract

from marketplace.platform.chain import development_account

__all__ = ["VECTORS", "Chain", "calldata", "deploy_verifier", "vector"]

VECTORS = Path(__file__).parents[1] / "vectors" / "contract"
ARTEFACT = Path(__file__).parents[2] / "contracts/out/Groth16Verifier.sol/Groth16Verifier.json"
PRECOMPILE_GAS = 2_000_000
VERIFY_GAS = 2_000_000
BATCH = 100
DEPLOYER = development_account(8).address


class Chain:
    """``None`` stands for a call that was refused: by a revert, or by a precompile that keeps its gas."""

    def __init__(self, url: str) -> None:
        self._url = url

    @cached_property
    def web3(self) -> Web3:
        return Web3(Web3.HTTPProvider(self._url))

    def calls(self, address: str, inputs: Sequence[bytes], gas: int = VERIFY_GAS) -> list[bytes | None]:
        """One eth_call for each input."""
        answers: list[bytes | None] = []
        with httpx.Client(trust_env=False, timeout=60) as client:
            for start in range(0, len(inputs), BATCH):
                requests = [
                    {
                        "jsonrpc": "2.0",
                        "id": number,
                        "method": "eth_call",
                        "params": [{"to": address, "data": "0x" + data.hex(), "gas": hex(gas)}, "latest"],
                    }
                    for number, data in enumerate(inputs[start : start + BATCH])
                ]
                replies = client.post(self._url, json=requests).json()
                answers += [_answer(reply) for reply in sorted(replies, key=lambda reply: reply["id"])]
        assert len(answers) == len(inputs)
        return answers

    def precompile(self, number: int, data: bytes) -> bytes | None:
        """EIP-196: 6 adds, 7 multiplies. EIP-197: 8 tells whether a product of pairings is one."""
        return self.calls(f"0x{number:040x}", [data], PRECOMPILE_GAS)[0]


def _answer(reply: dict[str, Any]) -> bytes | None:
    if "error" in reply:
        reason = str(reply["error"])
        assert any(word in reason for word in ("revert", "Precompile", "OutOfGas", "gas")), reason
        return None
    return bytes.fromhex(reply["result"][2:])


def vector(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_bytes())


def _words(value: str) -> list[int]:
    raw = bytes.fromhex(value[2:])
    return [int.from_bytes(raw[i : i + 32], "big") for i in range(0, len(raw), 32)]


def _contract(web3: Web3) -> type[Contract]:
    artefact = json.loads(ARTEFACT.read_bytes())
    return web3.eth.contract(abi=artefact["abi"], bytecode=artefact["bytecode"]["object"])


def deploy_verifier(chain: Chain) -> str:
    """The address of a verifier with the vectors' key."""
    key = vector("valid_sealed")["verifyingKey"]
    names = (
        "alpha1", "alpha2", "beta2", "delta2", "kappa2", "kappa_prime2", "tau2", "l0", "eta", "job_point"
    )  # fmt: skip
    values = (key["n"], *(tuple(_words(key[name])) for name in names))
    sent = _contract(chain.web3).constructor(values).transact({"from": DEPLOYER})
    return str(chain.web3.eth.wait_for_transaction_receipt(sent)["contractAddress"])


def calldata(document: Any) -> bytes:
    """The call of verifySealed or verifyPublic for a vector."""
    claim = (
        Web3.to_checksum_address(document["market"]),
        *(bytes.fromhex(document[name][2:]) for name in ("jobId", "programId", "licencesHash")),
        document["leftCount"],
        document["rightCount"],
    )
    columns = [tuple(_words(column)) for column in document["columns"]]
    proof = {name: tuple(_words(point)) for name, point in document["proof"].items()}
    combined = (tuple(_words(document["left"])), tuple(_words(document["right"])))
    head = tuple(proof[name] for name in ("a", "b", "c"))
    if document["isSealed"]:
        tail = (tuple(_words(document["resultCommitment"])), *(proof[name] for name in ("y", "p", "pi")))
        arguments = [claim, columns, (*head, *tail), combined]
        name = "verifySealed"
    else:
        outputs = [_words(output)[0] for output in document["outputs"]]
        arguments = [claim, columns, outputs, head, combined]
        name = "verifyPublic"
    return bytes.fromhex(_contract(Web3())("0x" + "00" * 20).encode_abi(name, arguments)[2:])
