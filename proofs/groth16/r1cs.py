"""Circom's ``.r1cs``: constraints <A_i, w>·<B_i, w> = <C_i, w>, and whether a witness satisfies them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from proofs.errors import InvalidProof, MalformedInput, WrongLength
from proofs.field import R
from proofs.groth16.binfile import Reader, Sections

__all__ = ["Combination", "ConstraintViolated", "R1cs", "check_witness", "read_r1cs"]

_HEADER, _CONSTRAINTS = 1, 2

Combination = tuple[tuple[int, int], ...]
"""A linear combination: (wire, coefficient) pairs."""


class ConstraintViolated(InvalidProof):
    """A witness does not satisfy a constraint; the message names the first one."""


@dataclass(frozen=True)
class R1cs:
    """A rank-1 constraint system. Wires: 1, public outputs, public inputs, private inputs, intermediates."""

    wires: int
    public_outputs: int
    public_inputs: int
    private_inputs: int
    constraints: tuple[tuple[Combination, Combination, Combination], ...]

    @property
    def public_signals(self) -> int:
        return self.public_outputs + self.public_inputs


def read_r1cs(path: Path) -> R1cs:
    """MalformedInput if the file is not an R1CS over BN254's scalar field."""
    sections = Sections(path, b"r1cs", versions=(1,))
    header = sections.reader(_HEADER)
    header.modulus(R)
    wires, outputs, inputs, private = (header.u32() for _ in range(4))
    header.u64()  # labels: names of the source, of no use here
    count = header.u32()
    header.finish()
    reader = sections.reader(_CONSTRAINTS)
    constraints = tuple(
        (_combination(reader, wires), _combination(reader, wires), _combination(reader, wires))
        for _ in range(count)
    )
    reader.finish()
    return R1cs(wires, outputs, inputs, private, constraints)


def _combination(reader: Reader, wires: int) -> Combination:
    terms = []
    for _ in range(reader.u32()):
        wire = reader.u32()
        if wire >= wires:
            raise MalformedInput(f"a constraint names wire {wire}, but there are only {wires}")
        terms.append((wire, reader.scalar()))
    return tuple(terms)


def check_witness(r1cs: R1cs, witness: list[int]) -> None:
    """ConstraintViolated for the first constraint that does not hold; WrongLength for a foreign witness."""
    if len(witness) != r1cs.wires:
        raise WrongLength(f"the witness has {len(witness)} values, the circuit {r1cs.wires} wires")
    for index, (a, b, c) in enumerate(r1cs.constraints):
        left, right, product = (_evaluate(side, witness) for side in (a, b, c))
        if left * right % R != product:
            raise ConstraintViolated(
                f"constraint {index} is violated: <A,w> = {left}, <B,w> = {right}, "
                f"their product is not <C,w> = {product} (wires {_wires_of(a, b, c)})"
            )


def _evaluate(combination: Combination, witness: list[int]) -> int:
    return sum(coefficient * witness[wire] for wire, coefficient in combination) % R


def _wires_of(*sides: Combination) -> list[int]:
    return sorted({wire for side in sides for wire, _ in side})
