"""JSON forms of keys, commitments, proofs and statements: the wire bytes as lower-case 0x hex, strict.

Every object has exactly the documented keys; a missing or additional key, upper-case hex, or a wrong length
is a MalformedInput that names the place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from proofs.backend.base import G1_BYTES, G2_BYTES, SCALAR_BYTES
from proofs.columns import ColumnCommitment
from proofs.errors import MalformedInput, NonCanonicalScalar, WrongLength
from proofs.field import R
from proofs.keys import G1_NAMES, G2_NAMES, VerifyingKey
from proofs.proof import Proof, ResultBinding
from proofs.statement import JobContext, Program, PublicResult, Result, SealedResult, Statement

__all__ = [
    "column_commitment_document",
    "column_commitment_from",
    "from_hex",
    "integer",
    "job_context_document",
    "job_context_from",
    "mapping",
    "parse_json",
    "program_document",
    "program_from",
    "proof_document",
    "proof_from",
    "result_document",
    "result_from",
    "sequence",
    "statement_document",
    "statement_from",
    "text",
    "to_hex",
    "verifying_key_document",
    "verifying_key_from",
]

MAX_JSON_DEPTH = 32
_JSON_TOKEN = re.compile(rb'\\.|["\[\]{}]', re.DOTALL)
_HEX = re.compile(r"0x(?:[0-9a-f]{2})*\Z")


def to_hex(data: bytes) -> str:
    return "0x" + bytes(data).hex()


def parse_json(data: bytes) -> Any:
    """JSON of bounded depth; MalformedInput otherwise, and for repeated keys: readers would differ on them.

    The depth is bounded before parsing because py_ecc raises the interpreter's recursion limit so far that
    a deeply nested document would overflow the stack of the process.
    """
    if json_depth(data) > MAX_JSON_DEPTH:
        raise MalformedInput(f"JSON nested deeper than {MAX_JSON_DEPTH} levels")
    try:
        return json.loads(data, object_pairs_hook=_unique_keys)
    except ValueError as error:
        raise MalformedInput(f"not JSON: {error}") from None


def json_depth(data: bytes) -> int:
    """How deep arrays and objects nest; brackets in strings do not count."""
    depth = deepest = 0
    in_string = False
    for match in _JSON_TOKEN.finditer(data):
        token = match.group()
        if token == b'"':
            in_string = not in_string
        elif not in_string:
            depth += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(token, 0)
            deepest = max(deepest, depth)
    return deepest


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("an object names a key twice")
    return dict(pairs)


def from_hex(value: object, where: str, size: int | None = None) -> bytes:
    """Lower-case 0x hex of exactly ``size`` bytes, else MalformedInput naming ``where``."""
    if not isinstance(value, str) or not _HEX.match(value):
        raise MalformedInput(f"{where} is not lower-case 0x hex of whole bytes")
    data = bytes.fromhex(value[2:])
    if size is not None and len(data) != size:
        raise WrongLength(f"{where} has {len(data)} bytes, expected {size}")
    return data


def mapping(value: object, keys: Iterable[str], where: str) -> dict[str, Any]:
    """An object with exactly these keys."""
    expected = set(keys)
    if not isinstance(value, dict):
        raise MalformedInput(f"{where} is not an object")
    if set(value) != expected:
        missing, extra = sorted(expected - set(value)), sorted(map(str, set(value) - expected))
        raise MalformedInput(f"{where}: missing keys {missing}, unknown keys {extra}")
    return value


def sequence(value: object, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise MalformedInput(f"{where} is not a list")
    return value


def integer(value: object, where: str, minimum: int = 0, maximum: int = (1 << 256) - 1) -> int:
    """A JSON integer (not a boolean, not a float) within bounds."""
    if type(value) is not int or not minimum <= value <= maximum:
        raise MalformedInput(f"{where} is not an integer in [{minimum}, {maximum}]")
    return value


def text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise MalformedInput(f"{where} is not a string")
    return value


def scalar_from(value: object, where: str) -> int:
    number = int.from_bytes(from_hex(value, where, SCALAR_BYTES), "big")
    if number >= R:
        raise NonCanonicalScalar(f"{where} is not below the group order r")
    return number


# verifying key ---------------------------------------------------------------------------------

_KEY_NAMES = (
    "alpha1",
    "alpha2",
    "beta2",
    "delta2",
    "kappa2",
    "kappa_prime2",
    "tau2",
    "l0",
    "eta",
    "job_point",
)


def verifying_key_document(key: VerifyingKey) -> dict[str, object]:
    """``{"n", "setup_id", "alpha1", … "job_point"}``."""
    points = {name: to_hex(getattr(key, name)) for name in _KEY_NAMES}
    return {"n": key.n, "setup_id": to_hex(key.setup_id), **points}


def verifying_key_from(document: object) -> VerifyingKey:
    """Strict; the points themselves are checked by ``VerifyingKey.check``. The setup id must be theirs."""
    fields = mapping(document, ("n", "setup_id", *_KEY_NAMES), "verifying_key")
    points = {
        name: from_hex(fields[name], f"verifying_key.{name}", G1_BYTES if name in G1_NAMES else G2_BYTES)
        for name in _KEY_NAMES
    }
    key = VerifyingKey(n=integer(fields["n"], "verifying_key.n"), **points)
    if from_hex(fields["setup_id"], "verifying_key.setup_id", 32) != key.setup_id:
        raise MalformedInput("verifying_key.setup_id is not the hash of the key's points")
    return key


assert set(_KEY_NAMES) == {*G1_NAMES, *G2_NAMES}

# columns, program, context, statement ----------------------------------------------------------


def column_commitment_document(commitment: ColumnCommitment) -> dict[str, str]:
    """``{"F", "F2", "F_kappa"}``."""
    return {
        "F": to_hex(commitment.f),
        "F2": to_hex(commitment.f2),
        "F_kappa": to_hex(commitment.f_kappa),
    }


def column_commitment_from(document: object, where: str = "commitment") -> ColumnCommitment:
    fields = mapping(document, ("F", "F2", "F_kappa"), where)
    return ColumnCommitment(
        f=from_hex(fields["F"], f"{where}.F", G1_BYTES),
        f2=from_hex(fields["F2"], f"{where}.F2", G2_BYTES),
        f_kappa=from_hex(fields["F_kappa"], f"{where}.F_kappa", G1_BYTES),
    )


def program_document(program: Program) -> dict[str, object]:
    return program.document()


def program_from(document: object) -> Program:
    """Strict: a version 1 Gram program of degree 2."""
    keys = ("version", "kind", "setup_id", "left_count", "right_start", "degree")
    fields = mapping(document, keys, "program")
    integer(fields["version"], "program.version", Program.VERSION, Program.VERSION)
    integer(fields["degree"], "program.degree", Program.DEGREE, Program.DEGREE)
    if fields["kind"] != Program.KIND:
        raise MalformedInput(f"program.kind is {fields['kind']!r}; only {Program.KIND!r} is known")
    return Program(
        setup_id=from_hex(fields["setup_id"], "program.setup_id", 32),
        left_count=integer(fields["left_count"], "program.left_count", 0, 4096),
        right_start=integer(fields["right_start"], "program.right_start", 0, 4096),
    )


def job_context_document(context: JobContext) -> dict[str, object]:
    return {
        "chain_id": context.chain_id,
        "market": to_hex(context.market),
        "job_id": to_hex(context.job_id),
        "program_id": to_hex(context.program_id),
        "licences_hash": to_hex(context.licences_hash),
    }


def job_context_from(document: object, where: str = "context") -> JobContext:
    keys = ("chain_id", "market", "job_id", "program_id", "licences_hash")
    fields = mapping(document, keys, where)
    return JobContext(
        chain_id=integer(fields["chain_id"], f"{where}.chain_id"),
        market=from_hex(fields["market"], f"{where}.market", 20),
        job_id=from_hex(fields["job_id"], f"{where}.job_id", 32),
        program_id=from_hex(fields["program_id"], f"{where}.program_id", 32),
        licences_hash=from_hex(fields["licences_hash"], f"{where}.licences_hash", 32),
    )


def statement_document(statement: Statement) -> dict[str, object]:
    return {
        "setup_id": to_hex(statement.setup_id),
        "columns": [to_hex(column) for column in statement.columns],
        "left": list(statement.left),
        "right": list(statement.right),
        "rows": statement.rows,
    }


def statement_from(document: object, where: str = "statement") -> Statement:
    fields = mapping(document, ("setup_id", "columns", "left", "right", "rows"), where)
    columns = sequence(fields["columns"], f"{where}.columns")
    sides = {
        side: tuple(integer(index, f"{where}.{side}") for index in sequence(fields[side], f"{where}.{side}"))
        for side in ("left", "right")
    }
    return Statement(
        setup_id=from_hex(fields["setup_id"], f"{where}.setup_id", 32),
        columns=tuple(from_hex(c, f"{where}.columns[{i}]", G1_BYTES) for i, c in enumerate(columns)),
        left=sides["left"],
        right=sides["right"],
        rows=integer(fields["rows"], f"{where}.rows"),
    )


# result and proof ------------------------------------------------------------------------------


def result_document(result: Result) -> dict[str, object]:
    """``{"F_M"}`` for a sealed result, ``{"outputs"}`` for a public one."""
    if isinstance(result, SealedResult):
        return {"F_M": to_hex(result.commitment)}
    return {"outputs": [to_hex(output.to_bytes(SCALAR_BYTES, "big")) for output in result.outputs]}


def result_from(document: object, where: str = "result") -> Result:
    if isinstance(document, dict) and "F_M" in document:
        fields = mapping(document, ("F_M",), where)
        return SealedResult(from_hex(fields["F_M"], f"{where}.F_M", G1_BYTES))
    outputs = sequence(mapping(document, ("outputs",), where)["outputs"], f"{where}.outputs")
    return PublicResult(tuple(scalar_from(value, f"{where}.outputs[{i}]") for i, value in enumerate(outputs)))


def proof_document(proof: Proof) -> dict[str, str]:
    """``{"A", "B", "C"}`` and, sealed, ``"Y", "P", "pi"``."""
    document = {"A": to_hex(proof.a), "B": to_hex(proof.b), "C": to_hex(proof.c)}
    if proof.binding is not None:
        document |= {
            "Y": to_hex(proof.binding.y),
            "P": to_hex(proof.binding.p),
            "pi": to_hex(proof.binding.pi),
        }
    return document


def proof_from(document: object, where: str = "proof") -> Proof:
    is_sealed = isinstance(document, dict) and any(key in document for key in ("Y", "P", "pi"))
    keys = ("A", "B", "C", "Y", "P", "pi") if is_sealed else ("A", "B", "C")
    fields = mapping(document, keys, where)
    points = {
        key: from_hex(fields[key], f"{where}.{key}", G2_BYTES if key == "B" else G1_BYTES) for key in keys
    }
    binding = ResultBinding(points["Y"], points["P"], points["pi"]) if is_sealed else None
    return Proof(points["A"], points["B"], points["C"], binding)
