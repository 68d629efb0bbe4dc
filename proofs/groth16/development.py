"""A development setup for an R1CS, as a ``.zkey`` that snarkjs and this package prove with.

Insecure by construction: one process knows every secret, so it could forge. For tests and benchmarks;
a real circuit gets its key from a ceremony. Source: Groth 2016, section 3.2, with gamma = 1 as in snarkjs.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from pathlib import Path

from proofs.backend.base import Backend
from proofs.backend.codec import encode_scalars
from proofs.field import P, R, root_of_unity
from proofs.groth16.r1cs import Combination, R1cs

__all__ = ["write_development_zkey"]

_TO_MONTGOMERY = (1 << 256) % P
_COEFFICIENT_TO_FILE = pow(1 << 256, 2, R)
_WORD = 32


def write_development_zkey(backend: Backend, r1cs: R1cs, path: Path, draw: Callable[[], int]) -> None:
    """Write the proving key of ``r1cs`` under fresh secrets. ``draw`` gives uniform nonzero scalars."""
    tau, alpha, beta, delta = (draw() for _ in range(4))
    size = _domain_size(r1cs)
    lagrange = _lagrange(tau, size)
    a, b, c = _wire_polynomials(r1cs, lagrange)
    public = r1cs.public_signals
    inverse_delta = pow(delta, -1, R)
    mixed = [(beta * a[j] + alpha * b[j] + c[j]) % R for j in range(r1cs.wires)]
    vanishing = (pow(tau, size, R) - 1) % R
    coset = _lagrange(tau * pow(root_of_unity(2 * size), -1, R) % R, size)
    factor = vanishing * inverse_delta * pow(R - 2, -1, R) % R

    def g1(scalars: Iterable[int]) -> bytes:
        return _to_montgomery(backend.g1_multiples(backend.g1_generator(), encode_scalars(scalars)))

    def g2(scalars: Iterable[int]) -> bytes:
        points = backend.g2_multiples(backend.g2_generator(), encode_scalars(scalars))
        return _to_montgomery(_swap_halves(points))

    header = b"".join(
        (
            struct.pack("<I", _WORD) + P.to_bytes(_WORD, "little"),
            struct.pack("<I", _WORD) + R.to_bytes(_WORD, "little"),
            struct.pack("<III", r1cs.wires, public, size),
            g1([alpha, beta]),
            g2([beta, 1]),
            g1([delta]),
            g2([delta]),
        )
    )
    sections = [
        struct.pack("<I", 1),
        header,
        g1(mixed[: public + 1]),
        _coefficients(r1cs),
        g1(a),
        g1(b),
        g2(b),
        g1(value * inverse_delta % R for value in mixed[public + 1 :]),
        g1(value * factor % R for value in coset),
        bytes(64) + struct.pack("<I", 0),
    ]
    with path.open("wb") as file:
        file.write(b"zkey" + struct.pack("<II", 1, len(sections)))
        for kind, content in enumerate(sections, start=1):
            file.write(struct.pack("<IQ", kind, len(content)) + content)


def _domain_size(r1cs: R1cs) -> int:
    """The smallest power of two that holds the constraints and one row for each public wire."""
    rows = len(r1cs.constraints) + r1cs.public_signals + 1
    return 1 << (rows - 1).bit_length()


def _lagrange(x: int, size: int) -> list[int]:
    """L_i(x) = w^i (x^n - 1) / (n (x - w^i)) for every i; one inversion for all."""
    root, domain = root_of_unity(size), [1]
    for _ in range(size - 1):
        domain.append(domain[-1] * root % R)
    factor = (pow(x, size, R) - 1) * pow(size, -1, R) % R
    prefix, product = [], 1
    for point in domain:
        prefix.append(product)
        product = product * (x - point) % R
    inverse = pow(product, -1, R)
    values = [0] * size
    for i in range(size - 1, -1, -1):
        values[i] = domain[i] * factor % R * prefix[i] % R * inverse % R
        inverse = inverse * (x - domain[i]) % R
    return values


def _wire_polynomials(r1cs: R1cs, lagrange: list[int]) -> tuple[list[int], list[int], list[int]]:
    """A_j, B_j, C_j at tau. Each public wire has a row of its own in A, as snarkjs adds them."""
    sums: tuple[list[int], list[int], list[int]] = ([0] * r1cs.wires, [0] * r1cs.wires, [0] * r1cs.wires)
    for row, sides in enumerate(r1cs.constraints):
        for values, side in zip(sums, sides, strict=True):
            for wire, coefficient in side:
                values[wire] += coefficient * lagrange[row]
    for wire in range(r1cs.public_signals + 1):
        sums[0][wire] += lagrange[len(r1cs.constraints) + wire]
    a, b, c = ([value % R for value in values] for values in sums)
    return a, b, c


def _coefficients(r1cs: R1cs) -> bytes:
    entries = bytearray()
    count = 0

    def add(matrix: int, row: int, combination: Combination) -> None:
        nonlocal count, entries
        for wire, coefficient in combination:
            value = coefficient * _COEFFICIENT_TO_FILE % R
            entries += struct.pack("<III", matrix, row, wire) + value.to_bytes(_WORD, "little")
            count += 1

    for row, (a, b, _) in enumerate(r1cs.constraints):
        add(0, row, a)
        add(1, row, b)
    for wire in range(r1cs.public_signals + 1):
        add(0, len(r1cs.constraints) + wire, ((wire, 1),))
    return struct.pack("<I", count) + bytes(entries)


def _swap_halves(points: bytes) -> bytes:
    """EIP-197's (x1, x0, y1, y0) to the file's (x0, x1, y0, y1)."""
    words = [points[at : at + _WORD] for at in range(0, len(points), _WORD)]
    for at in range(0, len(words), 2):
        words[at], words[at + 1] = words[at + 1], words[at]
    return b"".join(words)


def _to_montgomery(points: bytes) -> bytes:
    return b"".join(
        (int.from_bytes(points[at : at + _WORD], "big") * _TO_MONTGOMERY % P).to_bytes(_WORD, "little")
        for at in range(0, len(points), _WORD)
    )
