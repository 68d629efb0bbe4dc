"""Writes proofs that must be accepted and proofs that must be rejected, for one job on one market.

    python tests/vectors/make_contract_vectors.py --market 0x… --job-id 0x… --licence-id 0x… --out DIRECTORY

Setup, columns and randomness are derived from fixed seeds, so setup id, commitments and program id do not
depend on the arguments: a caller may read them first and compute the job id from them.
See contract/README.md.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from proofs import columns as column_rules
from proofs import formats, hashing, inner_product, keys, prover, setup
from proofs.backend import Backend, get_backend
from proofs.columns import ColumnCommitment, ColumnSchema
from proofs.field import P, R
from proofs.formats import to_hex
from proofs.inner_product import scalar_bytes
from proofs.keys import ProvingKey
from proofs.proof import Proof, ResultBinding
from proofs.prover import Proven
from proofs.randomness import SeededRandom
from proofs.statement import BoundStatement, JobContext, Program, SealedResult, Statement

N = 16
ROWS = 12
SCHEMA = ColumnSchema("value", 0, -1000, 1000)
VALUES = (
    [72, 1, 34, 2, 45, 2, 8, 22, 10, 28, 62, 13],
    [-29, 56, -53, 42, 70, 99, -89, 29, 104, 56, 49, 18],
    [0, 1, 0, 1, 0, 1, 1, 0, 0, 1, 0, 1],
)


def random(label: str) -> SeededRandom:
    """Fixed randomness: these keys and proofs are examples, and insecure."""
    return SeededRandom(bytes(32), b"hengsuan/contract-vectors/" + label.encode())


@dataclass(frozen=True)
class Material:
    """One setup with the example's columns."""

    key: ProvingKey
    columns: list[bytes]
    commitments: list[ColumnCommitment]

    @classmethod
    def make(cls, backend: Backend, label: str) -> Material:
        drawn = setup.SetupSecrets.drawn(random("setup " + label))
        key = setup.generate(backend, N, secrets=drawn, max_outputs=N).proving_key(backend, trusted=True)
        source = random("columns")
        columns = [column_rules.ones_column(N, ROWS)]
        for values in VALUES:
            encoded = column_rules.encode_integers(backend, SCHEMA, values, N)
            columns.append(column_rules.blind(backend, encoded, source))
        return cls(key, columns, [column_rules.commit(key, column) for column in columns])

    def statement(self, program: Program) -> Statement:
        return Statement.of_program(program, tuple(commitment.f for commitment in self.commitments), ROWS)


@dataclass(frozen=True)
class Example:
    """One job with its sealed and public proof."""

    material: Material
    program: Program
    context: JobContext
    licence_ids: list[bytes]
    sealed: Proven
    public: Proven

    @classmethod
    def make(cls, material: Material, arguments: argparse.Namespace) -> Example:
        program = Program(material.key.setup_id, arguments.left_count, arguments.right_start)
        licences = [bytes.fromhex(value[2:]) for value in arguments.licence_id]
        context = JobContext(
            chain_id=arguments.chain_id,
            market=bytes.fromhex(arguments.market[2:]),
            job_id=bytes.fromhex(arguments.job_id[2:]),
            program_id=bytes.fromhex(arguments.program_id[2:])
            if arguments.program_id
            else program.program_id,
            licences_hash=hashing.licences_hash(licences),
        )
        known = (material.key, context, material.statement(program), material.columns, material.commitments)
        return cls(
            material=material,
            program=program,
            context=context,
            licence_ids=licences,
            sealed=prover.prove_sealed(*known, random("sealed")),
            public=prover.prove_public(*known, random("public")),
        )

    def document(self, proven: Proven) -> dict[str, Any]:
        """The flat fields of contract/README.md for a proof that must be accepted."""
        bound, backend = proven.bound, self.material.key.backend
        statement, key = bound.statement, self.material.key.verifying
        weights = bound.weights
        points = b"".join(statement.columns)
        is_sealed = isinstance(bound.result, SealedResult)
        rho = hashing.batch_scalar(bound.job, bound.challenge, proven.proof.to_bytes()) if is_sealed else 0
        return {
            "case": "valid_sealed" if is_sealed else "valid_public",
            "why": "",
            "error": "",
            "isValid": True,
            "isSealed": is_sealed,
            "n": key.n,
            "rows": statement.rows,
            "leftCount": statement.left_count,
            "rightCount": statement.right_count,
            "setupId": to_hex(key.setup_id),
            "verifyingKey": formats.verifying_key_document(key),
            "program": self.program.document(),
            "programId": to_hex(self.context.program_id),
            "chainId": self.context.chain_id,
            "market": to_hex(self.context.market),
            "jobId": to_hex(self.context.job_id),
            "licenceIds": [to_hex(licence) for licence in self.licence_ids],
            "licencesHash": to_hex(self.context.licences_hash),
            "columns": [to_hex(c.f) for c in self.material.commitments],
            "columnsG2": [to_hex(c.f2) for c in self.material.commitments],
            "columnsKappa": [to_hex(c.f_kappa) for c in self.material.commitments],
            "columnsHash": to_hex(statement.columns_hash),
            "resultCommitment": to_hex(bound.result.commitment)
            if isinstance(bound.result, SealedResult)
            else "0x",
            "outputs": []
            if isinstance(bound.result, SealedResult)
            else [to_hex(scalar_bytes(output)) for output in bound.result.outputs],
            "resultHash": to_hex(bound.result.result_hash),
            "job": to_hex(scalar_bytes(bound.job)),
            "z": to_hex(scalar_bytes(bound.challenge)),
            "rho": to_hex(scalar_bytes(rho)),
            "left": to_hex(backend.g1_msm(points, b"".join(map(scalar_bytes, weights.left)))),
            "right": to_hex(backend.g1_msm(points, b"".join(map(scalar_bytes, weights.right)))),
            "proof": proof_fields(proven.proof),
        }


def proof_fields(proof: Proof) -> dict[str, str]:
    binding = proof.binding or ResultBinding(b"", b"", b"")
    points = {"a": proof.a, "b": proof.b, "c": proof.c, "y": binding.y, "p": binding.p, "pi": binding.pi}
    return {name: to_hex(point) for name, point in points.items()}


Document = dict[str, Any]


def changed(base: Document, case: str, why: str, error: str, **fields: Any) -> Document:
    """A copy with other fields; ``proof`` and ``verifyingKey`` are merged."""
    document = {**base, "case": case, "why": why, "error": error, "isValid": False}
    for name, value in fields.items():
        document[name] = {**document[name], **value} if isinstance(value, dict) else value
    return document


def g1_plus_generator(backend: Backend, hexadecimal: str) -> str:
    return to_hex(backend.g1_sum(bytes.fromhex(hexadecimal[2:]) + backend.g1_generator()))


def word_changed(hexadecimal: str, word: int, change: Callable[[int], int]) -> str:
    data = bytearray(bytes.fromhex(hexadecimal[2:]))
    value = int.from_bytes(data[word * 32 : word * 32 + 32], "big")
    data[word * 32 : word * 32 + 32] = change(value).to_bytes(32, "big")
    return to_hex(data)


def twist_point_outside_subgroup() -> bytes:
    """A point of the twist y^2 = x^3 + 3/(9+i) that is not of order r: the first x = 1 + k i with a root."""
    from py_ecc.fields import optimized_bn128_FQ2 as FQ2
    from py_ecc.optimized_bn128 import b2

    for k in range(1, 100):
        x = FQ2([1, k])
        square = x**3 + b2
        root = square ** ((P**2 + 15) // 32)  # p^2 = 17 mod 32; tried with every 32nd root below
        for j in range(32):
            candidate = root * FQ2([3, 1]) ** ((P**2 - 1) // 32 * j)
            if candidate * candidate == square:
                return b"".join(
                    int(c).to_bytes(32, "big")
                    for c in (x.coeffs[1], x.coeffs[0], candidate.coeffs[1], candidate.coeffs[0])
                )
    raise AssertionError("no point found")


def point_cases(backend: Backend, sealed: Document, public: Document) -> Iterator[Document]:
    """Malformed scalars, coordinates and points."""
    outside = to_hex(twist_point_outside_subgroup())
    outputs = public["outputs"]
    yield changed(
        public, "output_too_many", "one more output", "WrongLength", outputs=[*outputs, "0x" + "00" * 32]
    )
    yield changed(public, "output_too_few", "one output less", "WrongLength", outputs=outputs[:-1])
    plus_r = word_changed(outputs[0], 0, lambda v: v + R)
    yield changed(
        public, "output_plus_r", "a second encoding of the same scalar", "NonCanonicalScalar",
        outputs=[plus_r, *outputs[1:]],
    )  # fmt: skip
    for name in ("a", "b", "c", "y", "p", "pi"):
        point = sealed["proof"][name]
        plus_p = word_changed(point, 0, lambda v: v + P)
        off = word_changed(point, 1, lambda v: (v + 1) % P)
        nothing = "0x" + "00" * (len(point) // 2 - 1)
        yield changed(
            sealed, f"{name}_coordinate_plus_p", "x + p", "NonCanonicalCoordinate", proof={name: plus_p}
        )
        yield changed(sealed, f"{name}_off_curve", "not on the curve", "NotOnCurve", proof={name: off})
        yield changed(sealed, f"{name}_infinity", "infinity", "UnexpectedInfinity", proof={name: nothing})
        other = outside if name == "b" else g1_plus_generator(backend, point)
        error = "NotInSubgroup" if name == "b" else "PairingFailed"
        yield changed(sealed, f"{name}_other_point", "another point", error, proof={name: other})
    for index, name in ((0, "column_0"), (1, "column_1")):
        columns = list(sealed["columns"])
        columns[index] = "0x" + "00" * 64
        yield changed(sealed, f"{name}_infinity", "infinity", "UnexpectedInfinity", columns=columns)
    nothing = "0x" + "00" * 64
    yield changed(sealed, "result_infinity", "infinity", "UnexpectedInfinity", resultCommitment=nothing)


def key_changed(sealed: Document, case: str, why: str, error: str, **points: str) -> Document:
    """The sealed proof beside a verifying key with other points, its setup id hashed anew."""
    fields = {name: sealed["verifyingKey"][name] for name in (*keys.G1_NAMES, *keys.G2_NAMES)} | points
    key = keys.VerifyingKey(sealed["n"], **{name: bytes.fromhex(value[2:]) for name, value in fields.items()})
    document = formats.verifying_key_document(key)
    return changed(sealed, case, why, error, verifyingKey=document, setupId=document["setup_id"])


def key_cases(backend: Backend, sealed: Document, arguments: argparse.Namespace) -> Iterator[Document]:
    """Verifying keys that must be refused, and a proof under another setup."""
    generator, outside = to_hex(backend.g2_generator()), to_hex(twist_point_outside_subgroup())
    yield key_changed(
        sealed,
        "key_gamma_equals_delta",
        "delta2 is the generator of G2",
        "VerifyingKeyInvalid",
        delta2=generator,
    )
    for name in keys.G2_NAMES:
        why = "on the twist, outside the subgroup"
        yield key_changed(sealed, f"key_{name}_outside_subgroup", why, "NotInSubgroup", **{name: outside})
    yield key_changed(
        sealed, "key_delta2_equals_beta2", "delta2 is beta2", "VerifyingKeyInvalid",
        delta2=sealed["verifyingKey"]["beta2"],
    )  # fmt: skip
    yield key_changed(
        sealed, "key_alpha_mismatch", "alpha1 and alpha2 differ", "VerifyingKeyInvalid",
        alpha1=g1_plus_generator(backend, sealed["verifyingKey"]["alpha1"]),
    )  # fmt: skip
    for name in keys.G1_NAMES:
        nothing = "0x" + "00" * 64
        yield key_changed(sealed, f"key_{name}_infinity", "infinity", "UnexpectedInfinity", **{name: nothing})
    same_program = argparse.Namespace(**vars(arguments) | {"program_id": sealed["programId"]})
    other = Example.make(Material.make(backend, "another"), same_program)
    document = other.document(other.sealed)
    yield changed(
        document, "another_setup", "a proof under a setup that the program does not name", "WrongSetup",
        program=sealed["program"], programId=sealed["programId"],
    )  # fmt: skip


def context_cases(example: Example, sealed: Document, public: Document) -> Iterator[Document]:
    """A proof for another job, program, contract, chain, licences or columns; changed results."""
    backend = example.material.key.backend
    other_word = "0x" + "ab" * 32
    for base, kind in ((sealed, "sealed"), (public, "public")):
        yield changed(base, f"{kind}_other_job", "another job id", "PairingFailed", jobId=other_word)
        yield changed(
            base, f"{kind}_other_chain", "another chain", "PairingFailed", chainId=base["chainId"] + 1
        )
        yield changed(
            base, f"{kind}_other_market", "another contract", "PairingFailed", market="0x" + "ab" * 20
        )
        yield changed(
            base, f"{kind}_other_licences", "other licences", "PairingFailed",
            licenceIds=[other_word], licencesHash=to_hex(hashing.licences_hash([b"\xab" * 32])),
        )  # fmt: skip
        yield changed(base, f"{kind}_other_program", "another program", "WrongProgram", programId=other_word)
        columns = [base["columns"][i] for i in (0, 2, 1, 3)]
        yield changed(
            base, f"{kind}_columns_swapped", "two columns swapped", "PairingFailed", columns=columns
        )
        swapped = {"left": base["right"], "right": base["left"]}
        yield changed(base, f"{kind}_sides_swapped", "p and q swapped", "CombinationInvalid", **swapped)
    outputs = list(public["outputs"])
    for index in range(len(outputs)):
        other = [
            *outputs[:index],
            word_changed(outputs[index], 0, lambda v: (v + 1) % R),
            *outputs[index + 1 :],
        ]
        if index in (0, 1, len(outputs) - 1):
            yield changed(
                public, f"output_{index}_changed", "a changed output", "PairingFailed", outputs=other
            )
    moved = g1_plus_generator(backend, sealed["resultCommitment"])
    yield changed(sealed, "result_changed", "a changed F_M", "PairingFailed", resultCommitment=moved)
    kappa = [g1_plus_generator(backend, sealed["columnsKappa"][0]), *sealed["columnsKappa"][1:]]
    yield changed(
        sealed, "column_without_knowledge", "F_kappa does not belong to F", "CommitmentInvalid",
        columnsKappa=kappa,
    )  # fmt: skip


def forgery_cases(example: Example) -> Iterator[Document]:
    """What a cheating prover can build: everything holds but the check that is to catch it."""
    key = example.material.key
    known = (example.sealed.bound.context, example.sealed.bound.statement)
    outputs, blinding = example.sealed.outputs, example.sealed.blinding
    false_first = word_changed(to_hex(outputs), 0, lambda v: (v - 5) % R)
    false_outputs = bytes.fromhex(false_first[2:])
    result = SealedResult(inner_product.result_commitment(key, false_outputs, blinding))
    bound = BoundStatement(*known, result)
    columns, commitments = example.material.columns, example.material.commitments
    proof = prover.prove_with(key, bound, columns, commitments, outputs, blinding, random("untied"))
    untied = Proven(bound, proof, outputs, blinding)
    yield changed(
        example.document(untied), "result_untied", "F_M commits to another result; pi opens the true one",
        "PairingFailed",
    )  # fmt: skip
    yield changed(
        example.document(_shifted(example, false_outputs)), "y_without_p",
        "Y hides a shift of a data row, C makes up for it; only P shows it", "PairingFailed",
    )  # fmt: skip


def _shifted(example: Example, false_outputs: bytes) -> Proven:
    """M_0 is 5 too small: Y = (y - 5) L_0 + 5 L_1 + mu eta, C less 5 K_1, F_M with 5 L_1, P without L_1."""
    key, backend = example.material.key, example.material.key.backend
    known = (example.sealed.bound.context, example.sealed.bound.statement)
    blinding = example.sealed.blinding
    five = scalar_bytes(5)
    row1 = key.lagrange.msm(bytes(32) + five)
    commitment = inner_product.result_commitment(key, false_outputs, blinding)
    bound = BoundStatement(*known, SealedResult(backend.g1_sum(commitment + row1)))
    columns, commitments = example.material.columns, example.material.commitments
    honest = prover.prove_with(
        key, bound, columns, commitments, example.sealed.outputs, blinding, random("shifted")
    )
    false = inner_product.bind_result(key, false_outputs, blinding, bound.challenge)
    c = backend.g1_sum(honest.c + backend.g1_neg(key.witness_points.msm(five)))
    binding = ResultBinding(backend.g1_sum(false.y + row1), false.p, false.pi)
    return Proven(bound, replace(honest, c=c, binding=binding), false_outputs, blinding)


def documents(arguments: argparse.Namespace, backend: Backend) -> Iterator[Document]:
    example = Example.make(Material.make(backend, "example"), arguments)
    sealed, public = example.document(example.sealed), example.document(example.public)
    yield sealed
    yield public
    yield from point_cases(backend, sealed, public)
    yield from key_cases(backend, sealed, arguments)
    yield from context_cases(example, sealed, public)
    yield from forgery_cases(example)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--chain-id", type=int, default=31337)
    parser.add_argument("--market", default="0x" + "11" * 20)
    parser.add_argument("--job-id", default="0x" + "22" * 32)
    parser.add_argument("--program-id", help="default: the id of the example's program document")
    parser.add_argument("--licence-id", action="append", help="once for each input; default: one example id")
    parser.add_argument("--left-count", type=int, default=0)
    parser.add_argument("--right-start", type=int, default=0)
    parser.add_argument(
        "--out", type=Path, help="directory to write one file for each case to; default: print"
    )
    arguments = parser.parse_args()
    arguments.licence_id = arguments.licence_id or ["0x" + "33" * 32]
    for document in documents(arguments, get_backend()):
        text = json.dumps(document, indent=1) + "\n"
        if arguments.out is None:
            print(text, end="")
        else:
            folder = arguments.out if document["isValid"] else arguments.out / "rejected"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{document['case']}.json").write_text(text)


if __name__ == "__main__":
    main()
