"""Writes contracts/test/vectors: a whole market with real proofs, for the forge tests.

    python tests/contracts/make_market_vectors.py

market.json holds what stands before the first order, jobs/ one file for each order, own_statement.json the
proof that the node of one seat gives of its own shares, and its result binding of a round 2.

Two providers, three datasets, licences and one order per scenario, each signed, with a proof of its job. The
forge tests deploy the contracts to the same addresses (a fixed deployer, nonces 0 … 6) and must find the same
ids; since these come from ``marketplace.signing``, that compares the EIP-712 hashes of Python and Solidity.
Structs are ABI-encoded, so that a test decodes them in one call. Everything is derived from fixed seeds:
insecure examples.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from eth_abi.abi import encode
from eth_account import Account
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from marketplace.signing.eip712 import (
    CancelOrder,
    Contribution,
    Deal,
    Eip712Domain,
    GrantLicence,
    Input,
    Order,
    RegisterDataset,
    RegisterNode,
    RevokeLicence,
)
from proofs import columns as column_rules
from proofs import hashing, prover, setup
from proofs.backend import Backend, get_backend
from proofs.columns import ColumnCommitment, ColumnSchema
from proofs.deal_commitments import SlopeCommitment, seat_statement
from proofs.field import R
from proofs.formats import to_hex
from proofs.inner_product import scalar_bytes
from proofs.keys import G2_NAMES, ProvingKey
from proofs.randomness import SeededRandom, draw_scalars
from proofs.statement import JobContext, Program, SealedResult, Statement

FOLDER = Path(__file__).resolve().parents[2] / "contracts" / "test" / "vectors"
CHAIN_ID = 31337
NOW = 1_800_000_000
DAY = 24 * 60 * 60
FAR = 2**40
CAPACITY = 16
ROWS = 12
DEPLOYER = bytes.fromhex("00000000000000000000000000000000de910e12")
CONTRACTS = (
    "SettlementToken",
    "MarketAccess",
    "ProgramRegistry",
    "DatasetRegistry",
    "LicenceLedger",
    "NodeRegistry",
    "Market",
)
KEYS = {"providerA": 0xA1, "providerB": 0xB2, "consumer": 0xC3}
SCHEMA = ColumnSchema("value", 0, -1000, 1000)


def random(label: str) -> SeededRandom:
    return SeededRandom(bytes(32), b"hengsuan/market-vectors/" + label.encode())


def address_of(name: str) -> str:
    return str(Account.from_key(KEYS[name].to_bytes(32, "big")).address)


def created_by_deployer(nonce: int) -> str:
    """CREATE's address: the last 20 bytes of keccak256(rlp([deployer, nonce])) for a nonce below 128."""
    encoded = b"\xd6\x94" + DEPLOYER + (bytes([nonce]) if nonce else b"\x80")
    return str(to_checksum_address(keccak(encoded)[12:]))


ADDRESSES = {name: created_by_deployer(nonce) for nonce, name in enumerate(CONTRACTS)}


def domain(contract: str) -> Eip712Domain:
    return Eip712Domain(CHAIN_ID, ADDRESSES[contract])


def points(encoded: bytes) -> list[tuple[int, ...]]:
    return [
        (int.from_bytes(encoded[i : i + 32], "big"), int.from_bytes(encoded[i + 32 : i + 64], "big"))
        for i in range(0, len(encoded), 64)
    ]


def abi_points(commitments: list[bytes]) -> str:
    return to_hex(encode(["(uint256,uint256)[]"], [points(b"".join(commitments))]))


def abi_struct(message: Any, kind: str) -> str:
    """A struct as ``abi.encode`` writes it; a nested list of structs becomes a list of tuples."""
    values = []
    for name in (item.name for item in fields(message)):
        value = getattr(message, name)
        if isinstance(value, tuple) and value and isinstance(value[0], Input):
            value = [(bytes.fromhex(item.licence_id[2:]), item.columns) for item in value]
        elif isinstance(value, tuple):
            value = [bytes.fromhex(item[2:]) for item in value]
        elif isinstance(value, str) and len(value) == 66:
            value = bytes.fromhex(value[2:])
        values.append(value)
    return to_hex(encode([kind], [tuple(values)]))


@dataclass
class Dataset:
    owner: str
    columns: list[bytes]
    commitments: list[ColumnCommitment]
    request: RegisterDataset

    @property
    def dataset_id(self) -> str:
        return self.request.digest(domain("DatasetRegistry"))

    def document(self) -> dict[str, str]:
        return {
            "request": abi_struct(
                self.request, "(address,bytes32,uint64,uint8,bytes32,bytes32,uint256,uint256)"
            ),
            "id": self.dataset_id,
            "signature": self.request.sign(domain("DatasetRegistry"), KEYS[self.owner].to_bytes(32, "big")),
            "commitments": abi_points([c.f for c in self.commitments]),
            "knowledge": abi_points([c.f_kappa for c in self.commitments]),
        }


def dataset(key: ProvingKey, backend: Backend, owner: str, count: int, rows: int) -> Dataset:
    """``ones`` and ``count`` further columns."""
    label = f"{owner}/{rows}"
    source = random(label)
    columns = [column_rules.ones_column(CAPACITY, rows)]
    for index in range(count):
        values = [keccak(f"{label}/{index}/{row}".encode())[0] - 128 for row in range(rows)]
        encoded = column_rules.encode_integers(backend, SCHEMA, values, CAPACITY)
        columns.append(column_rules.blind(backend, encoded, source))
    commitments = [column_rules.commit(key, column) for column in columns]
    request = RegisterDataset(
        owner=address_of(owner),
        setup_id=to_hex(key.setup_id),
        rows=rows,
        grade=1,
        schema_hash=to_hex(keccak(f"schema {label}".encode())),
        columns_hash=to_hex(hashing.columns_hash([c.f for c in commitments])),
        salt=1,
        deadline=FAR,
    )
    return Dataset(owner, columns, commitments, request)


def licence(owner: Dataset, programs: list[Program], price: int) -> GrantLicence:
    return GrantLicence(
        provider=address_of(owner.owner),
        consumer=address_of("consumer"),
        dataset_id=owner.dataset_id,
        terms_hash=to_hex(keccak(b"terms")),
        program_ids=tuple(to_hex(program.program_id) for program in programs),
        columns=(1 << len(owner.columns)) - 1,
        runs=20,
        cells=2_000,
        outputs=4_000,
        not_before=NOW - DAY,
        not_after=NOW + 30 * DAY,
        price_per_run=price,
        salt=1,
        deadline=FAR,
    )


@dataclass(frozen=True)
class Scenario:
    """One order: how many columns of each provider (column 0 apart), under which program."""

    name: str
    first: int
    second: int
    is_sealed: bool
    program: str = "whole"
    salt: int = 1


SCENARIOS = (
    *(
        Scenario(f"{'sealed' if is_sealed else 'public'}_{1 + a + b}", a, b, is_sealed)
        for is_sealed in (True, False)
        for a, b in ((1, 0), (2, 1), (4, 3), (8, 7))
    ),
    Scenario("public_one_output", 1, 0, False, "single"),
    Scenario("sealed_block", 2, 1, True, "block"),
    Scenario("sealed_4_again", 2, 1, True, salt=2),
)


class World:
    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        drawn = setup.SetupSecrets.drawn(random("setup"))
        self.key = setup.generate(backend, CAPACITY, secrets=drawn, max_outputs=256).proving_key(
            backend, trusted=True
        )
        self.programs = {
            "whole": Program(self.key.setup_id, 0, 0),
            "single": Program(self.key.setup_id, 1, 1),
            "block": Program(self.key.setup_id, 3, 1),
        }
        self.datasets = {
            "A": dataset(self.key, backend, "providerA", 8, ROWS),
            "B": dataset(self.key, backend, "providerB", 7, ROWS),
            "short": dataset(self.key, backend, "providerB", 2, ROWS - 1),
        }
        programs = list(self.programs.values())
        self.licences = {
            "A": licence(self.datasets["A"], programs, 1_000_001),
            "B": licence(self.datasets["B"], programs, 2_000_003),
            "short": licence(self.datasets["short"], programs, 1),
        }

    def licence_id(self, name: str) -> str:
        return self.licences[name].digest(domain("LicenceLedger"))

    def document(self) -> dict[str, Any]:
        verifying = self.key.verifying
        names = ("alpha1", *G2_NAMES, "l0", "eta", "job_point")
        encoded = CAPACITY.to_bytes(32, "big") + b"".join(getattr(verifying, name) for name in names)
        return {
            "now": NOW,
            "addresses": ADDRESSES,
            "key": to_hex(encoded),
            "setupId": to_hex(self.key.setup_id),
            "programs": {name: self._program(program) for name, program in self.programs.items()},
            "digests": self._digests(),
            "datasets": {name: item.document() for name, item in self.datasets.items()},
            "licences": {name: self._licence(name) for name in self.licences},
        }

    def _digests(self) -> dict[str, str]:
        """Of one message of each kind that has no other example; the forge test builds the same."""
        subject, content = to_hex(keccak(b"subject")), to_hex(keccak(b"content"))
        consumer, provider = address_of("consumer"), address_of("providerA")
        messages = {
            "revokeLicence": RevokeLicence(subject, FAR),
            "registerNode": RegisterNode(consumer, provider, content, 2, subject, 3, 4, FAR),
            "cancelOrder": CancelOrder(subject),
            "deal": Deal(subject, 5, 6, content),
            "contribution": Contribution(subject, 5, 2, 6, content),
        }
        return {name: message.digest(domain(message.CONTRACT)) for name, message in messages.items()}

    def _program(self, program: Program) -> dict[str, Any]:
        return {
            "id": to_hex(program.program_id),
            "leftCount": program.left_count,
            "rightStart": program.right_start,
        }

    def _licence(self, name: str) -> dict[str, str]:
        request = self.licences[name]
        kind = (
            "(address,address,bytes32,bytes32,bytes32[],uint256,uint64,uint128,uint64,uint64,uint64,"
            "uint128,uint256,uint256)"
        )
        key = KEYS[self.datasets[name].owner].to_bytes(32, "big")
        return {
            "request": abi_struct(request, kind),
            "id": self.licence_id(name),
            "signature": request.sign(domain("LicenceLedger"), key),
        }

    def job(self, scenario: Scenario) -> dict[str, Any]:
        program = self.programs[scenario.program]
        chosen = [(name, count) for name, count in (("A", scenario.first), ("B", scenario.second)) if count]
        order = Order(
            consumer=address_of("consumer"),
            program_id=to_hex(program.program_id),
            inputs=tuple(Input(self.licence_id(name), (1 << (count + 1)) - 1) for name, count in chosen),
            visibility=int(scenario.is_sealed),
            recipient_key=to_hex(keccak(b"recipient")),
            details_hash=to_hex(keccak(scenario.name.encode())),
            max_price=10_000_000,
            deadline=NOW + DAY,
            salt=scenario.salt,
        )
        job_id = order.digest(domain("Market"))
        context = JobContext(
            chain_id=CHAIN_ID,
            market=bytes.fromhex(ADDRESSES["Market"][2:]),
            job_id=bytes.fromhex(job_id[2:]),
            program_id=program.program_id,
            licences_hash=hashing.licences_hash(
                [bytes.fromhex(self.licence_id(name)[2:]) for name, _ in chosen]
            ),
        )
        columns, commitments = self._columns(scenario)
        foreign = self._foreign(context, program, len(columns)) if scenario.name == "sealed_4" else {}
        statement = Statement.of_program(program, tuple(c.f for c in commitments), ROWS)
        prove = prover.prove_sealed if scenario.is_sealed else prover.prove_public
        proven = prove(self.key, context, statement, columns, commitments, random(scenario.name))
        other = prove(self.key, context, statement, columns, commitments, random(scenario.name + "/other"))
        return {
            "order": abi_struct(
                order,
                "(address,bytes32,(bytes32,uint256)[],uint8,bytes32,bytes32,uint128,uint64,uint256)",
            ),
            "id": job_id,
            "signature": order.sign(domain("Market"), KEYS["consumer"].to_bytes(32, "big")),
            "columns": abi_points([c.f for c in commitments]),
            "columnsHash": to_hex(statement.columns_hash),
            "leftCount": statement.left_count,
            "rightCount": statement.right_count,
            "licencesHash": to_hex(context.licences_hash),
            "resultHash": to_hex(proven.bound.result.result_hash),
            "jobElement": to_hex(scalar_bytes(proven.bound.job)),
            "outputs": to_hex(encode(["uint256[]"], [self._outputs(proven)])),
            "proof": self._proof(proven),
            "combination": self._combination(proven),
            "otherProof": self._proof(other),
            "otherCombination": self._combination(other),
            **foreign,
        }

    def own_statement(self, scenario: Scenario, seat: int) -> dict[str, Any]:
        """What the node of ``seat`` answers when a combined proof fails, with the slopes of both dealers."""
        order = self.job(scenario)
        program = self.programs[scenario.program]
        columns, commitments = self._columns(scenario)
        statement = Statement.of_program(program, tuple(c.f for c in commitments), ROWS)
        source = random("slopes")
        slopes = [draw_scalars(self.backend, source, CAPACITY) for _ in columns[1:]]
        shares = [columns[0]] + [
            self.backend.vec_combine([column, slope], [1, seat])
            for column, slope in zip(columns[1:], slopes, strict=True)
        ]
        published = [
            SlopeCommitment(1 + at, (self.key.lagrange.msm(slope),), (self.key.lagrange_g2.msm(slope),))
            for at, slope in enumerate(slopes)
        ]
        own = seat_statement(self.backend, statement, published, seat)
        context = JobContext(
            chain_id=CHAIN_ID,
            market=bytes.fromhex(ADDRESSES["Market"][2:]),
            job_id=bytes.fromhex(order["id"][2:]),
            program_id=program.program_id,
            licences_hash=bytes.fromhex(order["licencesHash"][2:]),
        )
        committed = [column_rules.commit(self.key, share) for share in shares]
        proven = prover.prove_sealed(self.key, context, own, shares, committed, random("own statement"))
        return {
            "job": scenario.name,
            "seat": seat,
            "slopes": abi_points([slope.coefficients[0] for slope in published]),
            "shareCommitments": abi_points(list(own.columns)),
            "proof": self._proof(proven),
            **self._result_binding(proven, weight=R - 7),
        }

    def _result_binding(self, proven: prover.Proven, weight: int) -> dict[str, Any]:
        """A node's F_M(k) with its Y, P and pi of round 2, which are weighted."""
        result, binding = proven.bound.result, proven.proof.binding
        assert isinstance(result, SealedResult)
        assert binding is not None
        weighted = (self.backend.g1_mul(point, weight) for point in (binding.y, binding.p, binding.pi))
        return {
            "weight": str(weight),
            "challenge": str(proven.bound.challenge),
            "boundPoints": to_hex(result.commitment + b"".join(weighted)),
        }

    def _columns(self, scenario: Scenario) -> tuple[list[bytes], list[ColumnCommitment]]:
        """The columns of an order, `ones` first, and what they are committed by."""
        first = self.datasets["A"]
        columns, commitments = [first.columns[0]], [first.commitments[0]]
        for name, count in (("A", scenario.first), ("B", scenario.second)):
            columns += self.datasets[name].columns[1 : 1 + count]
            commitments += self.datasets[name].commitments[1 : 1 + count]
        return columns, commitments

    def _foreign(self, context: JobContext, program: Program, count: int) -> dict[str, str]:
        """A proof that holds and names this job, but over columns that the job does not have."""
        columns, commitments = self.datasets["A"].columns[-count:], self.datasets["A"].commitments[-count:]
        statement = Statement.of_program(program, tuple(c.f for c in commitments), ROWS)
        proven = prover.prove_sealed(self.key, context, statement, columns, commitments, random("foreign"))
        return {
            "foreignColumns": abi_points([c.f for c in commitments]),
            "foreignProof": self._proof(proven),
            "foreignCombination": self._combination(proven),
        }

    def _outputs(self, proven: prover.Proven) -> list[int]:
        result = proven.bound.result
        return [] if isinstance(result, SealedResult) else list(result.outputs)

    def _proof(self, proven: prover.Proven) -> str:
        """SealedProof or PublicProof: static structs, so their words stand end to end."""
        proof = proven.proof
        words = proof.a + proof.b + proof.c
        if proof.binding is not None:
            assert isinstance(proven.bound.result, SealedResult)
            words += proven.bound.result.commitment + proof.binding.y + proof.binding.p + proof.binding.pi
        return to_hex(words)

    def _combination(self, proven: prover.Proven) -> str:
        weights = proven.bound.weights
        encoded = b"".join(proven.bound.statement.columns)
        left = self.backend.g1_msm(encoded, b"".join(map(scalar_bytes, weights.left)))
        right = self.backend.g1_msm(encoded, b"".join(map(scalar_bytes, weights.right)))
        return to_hex(left + right)


def write(path: Path, document: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    world = World(get_backend())
    write(FOLDER / "market.json", world.document())
    for scenario in SCENARIOS:
        write(FOLDER / "jobs" / f"{scenario.name}.json", world.job(scenario))
    write(FOLDER / "own_statement.json", world.own_statement(SCENARIOS[1], 2))
