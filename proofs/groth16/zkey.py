"""snarkjs' ``.zkey``: the proving key of one circuit, with the matrices A and B.

Sections: 2 header, 3 IC, 4 coefficients, 5 A, 6 B in G1, 7 B in G2, 8 C, 9 H. A coefficient a is stored
as a·R² mod r with R = 2^256 (its consumer multiplies twice in Montgomery form). H holds the quotient's
points on the odd coset of the domain of twice the size: [L'_i(tau) · t(coset)^-1 … / delta]1 such that
the prover takes values, not coefficients.

Source: snarkjs' zkey_utils.js and zkey_new.js (format read from files; no code taken).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from proofs.errors import MalformedInput
from proofs.field import P, R
from proofs.groth16.binfile import Reader, Sections, g1_from_montgomery, g2_from_montgomery
from proofs.groth16.documents import Groth16VerifyingKey

__all__ = ["Coefficient", "ProvingKey", "read_zkey"]

_PROTOCOL, _HEADER, _IC, _COEFFICIENTS, _A, _B1, _B2, _C, _H = range(1, 10)
_GROTH16 = 1
_COEFFICIENT_FROM_FILE = pow(pow(1 << 256, 2, R), -1, R)

Coefficient = tuple[int, int, int]
"""(constraint, wire, value)."""


@dataclass(frozen=True)
class ProvingKey:
    """Everything that proves one circuit: verifying key, points, and the matrices A and B."""

    verifying_key: Groth16VerifyingKey
    wires: int
    public_signals: int
    domain_size: int
    beta_1: bytes
    delta_1: bytes
    a_matrix: tuple[Coefficient, ...]
    b_matrix: tuple[Coefficient, ...]
    a_points: bytes
    b1_points: bytes
    b2_points: bytes
    c_points: bytes
    h_points: bytes


def read_zkey(path: Path) -> ProvingKey:
    """MalformedInput if the file is not a Groth16 zkey on BN254. Points are checked where they are used."""
    sections = Sections(path, b"zkey", versions=(1,))
    if sections.reader(_PROTOCOL).u32() != _GROTH16:
        raise MalformedInput(f"{path.name} is a key of another protocol than Groth16")
    header = sections.reader(_HEADER)
    header.modulus(P)
    header.modulus(R)
    wires, public, domain = (header.u32() for _ in range(3))
    if domain & (domain - 1) or domain < 1 or public >= wires:
        raise MalformedInput(
            f"{path.name}: domain size {domain} and {public} of {wires} public wires make no circuit"
        )
    alpha_1, beta_1 = (g1_from_montgomery(header.take(64), "header") for _ in range(2))
    beta_2, gamma_2 = (g2_from_montgomery(header.take(128), "header") for _ in range(2))
    delta_1 = g1_from_montgomery(header.take(64), "header")
    delta_2 = g2_from_montgomery(header.take(128), "header")
    header.finish()
    matrices = _matrices(sections.reader(_COEFFICIENTS), domain, wires)
    return ProvingKey(
        Groth16VerifyingKey(
            alpha_1, beta_2, gamma_2, delta_2, g1_from_montgomery(sections.raw(_IC), "IC", public + 1)
        ),
        wires,
        public,
        domain,
        beta_1,
        delta_1,
        matrices[0],
        matrices[1],
        g1_from_montgomery(sections.raw(_A), "A points", wires),
        g1_from_montgomery(sections.raw(_B1), "B points in G1", wires),
        g2_from_montgomery(sections.raw(_B2), "B points in G2", wires),
        g1_from_montgomery(sections.raw(_C), "C points", wires - public - 1),
        g1_from_montgomery(sections.raw(_H), "H points", domain),
    )


def _matrices(
    reader: Reader, domain: int, wires: int
) -> tuple[tuple[Coefficient, ...], tuple[Coefficient, ...]]:
    rows: tuple[list[Coefficient], list[Coefficient]] = ([], [])
    for _ in range(reader.u32()):
        matrix, constraint, wire = reader.u32(), reader.u32(), reader.u32()
        if matrix > 1 or constraint >= domain or wire >= wires:
            raise MalformedInput(
                f"coefficient of matrix {matrix}, row {constraint}, wire {wire} is outside the circuit"
            )
        rows[matrix].append((constraint, wire, reader.scalar() * _COEFFICIENT_FROM_FILE % R))
    reader.finish()
    return tuple(rows[0]), tuple(rows[1])
