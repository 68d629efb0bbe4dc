"""The hashes that bind a proof to its job. docs/protocol.md fixes the inputs; Solidity and the browser
compute the same values (``tests/vectors/statement.json``).

``words`` concatenates 32-byte words as Solidity's ``abi.encode`` of static types does; a tag is the keccak256
of an ASCII string. Points are given in their wire encodings (64 bytes G1, 128 bytes G2).
"""

from __future__ import annotations

from collections.abc import Sequence

from eth_hash.auto import keccak as _keccak

from proofs.errors import DegenerateHash, NonCanonicalScalar, WrongLength
from proofs.field import R

__all__ = [
    "batch_scalar",
    "challenge_scalar",
    "column_hash",
    "columns_hash",
    "context_words",
    "field_element",
    "hadamard_scalar",
    "job_scalar",
    "keccak256",
    "licences_hash",
    "public_result_hash",
    "sealed_result_hash",
    "setup_id",
    "words",
]

ADDRESS_BYTES = 20
WORD_BYTES = 32
G1_BYTES = 64
G2_BYTES = 128


def keccak256(data: bytes) -> bytes:
    """Keccak-256 as Ethereum uses it (not SHA3-256)."""
    return _keccak(data)


def words(*values: int | bytes) -> bytes:
    """Integers as one word each; byte strings, whose length must be whole words, as they are."""
    out = bytearray()
    for value in values:
        if isinstance(value, int):
            if not 0 <= value < 1 << 256:
                raise WrongLength(f"{value} does not fit into one unsigned 32-byte word")
            out += value.to_bytes(WORD_BYTES, "big")
        else:
            if len(value) % WORD_BYTES:
                raise WrongLength(f"{len(value)} bytes are not whole 32-byte words")
            out += value
    return bytes(out)


def _sized(value: bytes, size: int, what: str) -> bytes:
    if len(value) != size:
        raise WrongLength(f"{what} has {len(value)} bytes, expected {size}")
    return bytes(value)


JOB_TAG = keccak256(b"hengsuan/job/v1")
CHALLENGE_TAG = keccak256(b"hengsuan/challenge/v1")
BATCH_TAG = keccak256(b"hengsuan/batch/v1")
HADAMARD_TAG = keccak256(b"hengsuan/hadamard/v1")
LOGUP_TAG = keccak256(b"hengsuan/logup/v1")
LOGUP_X_TAG = keccak256(b"hengsuan/logup/x/v1")
LOGUP_ABSENT_TAG = keccak256(b"hengsuan/logup/absent/v1")
LOGUP_INVERSES_TAG = keccak256(b"hengsuan/logup/inverses/v1")
CHUNK_TAG = keccak256(b"hengsuan/chunk/v1")
STEP_TAG = keccak256(b"hengsuan/step/v1")
SCHEMA_RANGE_TAG = keccak256(b"hengsuan/schema-range/v1")


def setup_id(n: int, points: Sequence[bytes]) -> bytes:
    """keccak256(n || alpha1 || alpha2 || beta2 || delta2 || kappa2 || kappa'2 || tau2 || L0 || eta || J)."""
    sizes = (G1_BYTES, *(G2_BYTES,) * 6, *(G1_BYTES,) * 3)
    if len(points) != len(sizes):
        raise WrongLength(f"a setup id is hashed from {len(sizes)} points, not {len(points)}")
    parts = [_sized(point, size, "setup point") for point, size in zip(points, sizes, strict=True)]
    return keccak256(words(n, *parts))


def column_hash(commitment: bytes) -> bytes:
    """keccak256(F.x || F.y) of one column commitment."""
    return keccak256(_sized(commitment, G1_BYTES, "column commitment"))


def columns_hash(commitments: Sequence[bytes]) -> bytes:
    """keccak256 of the column hashes, in the job's column order."""
    return keccak256(b"".join(column_hash(commitment) for commitment in commitments))


def licences_hash(licence_ids: Sequence[bytes]) -> bytes:
    """keccak256 of the 32-byte licence ids, in input order."""
    return keccak256(b"".join(_sized(licence, WORD_BYTES, "licence id") for licence in licence_ids))


def sealed_result_hash(result_commitment: bytes) -> bytes:
    """H(1, F_M.x, F_M.y)."""
    return keccak256(words(1, _sized(result_commitment, G1_BYTES, "result commitment")))


def public_result_hash(outputs: Sequence[int]) -> bytes:
    """keccak256(word(0) || M_0 || M_1 || …), each output a canonical scalar."""
    for index, output in enumerate(outputs):
        if not 0 <= output < R:
            raise NonCanonicalScalar(f"output {index} is not in [0, r)")
    return keccak256(words(0, *outputs))


def job_scalar(
    *,
    chain_id: int,
    market: bytes,
    job_id: bytes,
    program_id: bytes,
    setup_id: bytes,
    licences_hash: bytes,
    columns_hash: bytes,
    left_count: int,
    right_count: int,
    result_hash: bytes,
) -> int:
    """``job`` (PROTOCOL, Circuit 1): everything that the proof is for. DegenerateHash if it is 0."""
    return field_element(
        words(
            JOB_TAG,
            chain_id,
            bytes(WORD_BYTES - ADDRESS_BYTES) + _sized(market, ADDRESS_BYTES, "market address"),
            _sized(job_id, WORD_BYTES, "job id"),
            _sized(program_id, WORD_BYTES, "program id"),
            _sized(setup_id, WORD_BYTES, "setup id"),
            _sized(licences_hash, WORD_BYTES, "licences hash"),
            _sized(columns_hash, WORD_BYTES, "columns hash"),
            left_count,
            right_count,
            _sized(result_hash, WORD_BYTES, "result hash"),
        ),
        "job",
    )


def challenge_scalar(job: int, columns_hash: bytes, result_hash: bytes) -> int:
    """``z`` (PROTOCOL, Gram matrix). DegenerateHash if it is 0."""
    return field_element(words(CHALLENGE_TAG, job, columns_hash, result_hash), "challenge")


def batch_scalar(job: int, challenge: int, proof_bytes: bytes) -> int:
    """``rho`` that merges the checks of a sealed proof; ``proof_bytes`` is A || B || C || Y || P || pi."""
    _sized(proof_bytes, 5 * G1_BYTES + G2_BYTES, "sealed proof")
    return field_element(words(BATCH_TAG, job, challenge, proof_bytes), "batch")


def context_words(
    *, chain_id: int, market: bytes, job_id: bytes, program_id: bytes, setup_id: bytes, licences_hash: bytes
) -> bytes:
    """The order that a proof is for, as six words in this order."""
    return words(
        chain_id,
        bytes(WORD_BYTES - ADDRESS_BYTES) + _sized(market, ADDRESS_BYTES, "market address"),
        _sized(job_id, WORD_BYTES, "job id"),
        _sized(program_id, WORD_BYTES, "program id"),
        _sized(setup_id, WORD_BYTES, "setup id"),
        _sized(licences_hash, WORD_BYTES, "licences hash"),
    )


def hadamard_scalar(context: bytes, commitments: Sequence[bytes]) -> int:
    """``job`` of a Hadamard proof over F_p, F_q, F_u (docs/protocol.md, *Hadamard products*)."""
    points = [_sized(point, G1_BYTES, "column commitment") for point in commitments]
    return field_element(words(HADAMARD_TAG, context, *points), "Hadamard job")


def field_element(data: bytes, name: str) -> int:
    """keccak256 modulo r; DegenerateHash if it is 0."""
    value = int.from_bytes(keccak256(data), "big") % R
    if value == 0:
        raise DegenerateHash(f"the {name} hash is 0 modulo r; change the job's salt and try again")
    return value
