"""Dealing: a party's columns and masks as Shamir shares for the nodes. PROTOCOL, *Sharing and the nodes*.

Everything a dealer deals is a function of its 32-byte seed, so that it can derive the slopes again when a job
has to be blamed on someone. The stream of each mask is ``SeededRandom(seed, context)`` with

    context = "hengsuan/deal/v1" || setup_id || job_id || attempt (4 bytes) || label

and labels ``column`` + position (4 bytes) for the t slope vectors of a column, ``zero`` for the g t vectors
of the zero sharings of the outputs, ``mu`` and ``Z``, and ``seal`` + seat (4 bytes) for the ephemeral key
that the package of a seat is sealed with. Seats are k = 1 … N, the evaluation points.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from proofs.backend.base import SCALAR_BYTES, Backend, Buffer
from proofs.clock import timed
from proofs.errors import ContextMismatch, MalformedInput, WrongLength
from proofs.field import R
from proofs.randomness import SeededRandom, draw_scalar, draw_scalars
from proofs.statement import MAX_OUTPUTS

__all__ = [
    "THRESHOLD",
    "DealContext",
    "DealerPackage",
    "Dealing",
    "answers_needed",
    "evaluate_at",
    "leg",
    "leg_parts",
]

THRESHOLD = 1
"""t: shares of up to t nodes together show nothing."""

CHALLENGES = 6
"""Sharings behind Z: a node answers at one challenge only, and of at most 7 seats 6 are honest (ADR 0012)."""

MAGIC = b"HSDEAL02"
MAX_SEATS = 255
LEG = 256
MAX_PARTS = 4096
MAX_COLUMNS = 4096


def answers_needed(degree: int, threshold: int = THRESHOLD) -> int:
    """g t + 1 nodes must answer; g follows from the program (``proofs.programs``)."""
    return degree * threshold + 1


def leg(attempt: int, part: int) -> int:
    """What every message of one part of one attempt carries as ``attempt``: part · 256 + attempt.

    So nothing that is signed, sealed or masked for one part of a job fits another. The first part's is the
    attempt itself (docs/protocol.md, *Parts*).
    """
    if not (1 <= attempt < LEG and 0 <= part < MAX_PARTS):
        raise MalformedInput(f"attempt {attempt} and part {part} make no leg")
    return part * LEG + attempt


def leg_parts(number: int) -> tuple[int, int]:
    """(attempt, part) of a leg."""
    return number % LEG, number // LEG


@dataclass(frozen=True)
class DealContext:
    """What a deal is bound to, and its shape."""

    setup_id: bytes
    job_id: bytes
    """Digest of the order, 32 bytes."""
    attempt: int
    n: int
    output_count: int
    degree: int
    """g of the program."""
    is_sealed: bool = True
    threshold: int = THRESHOLD

    def __post_init__(self) -> None:
        for name in ("setup_id", "job_id"):
            if len(getattr(self, name)) != 32:
                raise WrongLength(f"{name} has {len(getattr(self, name))} bytes, expected 32")
        if not 0 <= self.attempt < 1 << 32:
            raise MalformedInput("an attempt is an unsigned 32-bit number")
        if not 1 <= self.output_count <= MAX_OUTPUTS:
            raise MalformedInput(f"a job has between 1 and {MAX_OUTPUTS} outputs")
        if not (1 <= self.threshold <= 8 and 1 <= self.degree <= 8):
            raise MalformedInput("threshold and degree are between 1 and 8")

    @property
    def mask_degree(self) -> int:
        """g t: the degree of zero sharings, of mu and of Z."""
        return self.degree * self.threshold

    def stream(self, seed: bytes, label: bytes) -> SeededRandom:
        """The module docstring's stream for one mask."""
        context = b"hengsuan/deal/v1" + self.setup_id + self.job_id + self.attempt.to_bytes(4, "big")
        return SeededRandom(seed, context + label)

    def sealing_seed(self, seed: bytes, seat: int) -> bytes:
        """32 secret bytes for the ephemeral key of a seat's sealed package; they open it to an arbiter."""
        return self.stream(seed, b"seal" + seat.to_bytes(4, "big")).draw(32)


@dataclass(frozen=True, repr=False)  # secret: never in a log
class DealerPackage:
    """One dealer's shares for one seat: secret of that node. Sealed to its key by the caller."""

    context: DealContext
    seat: int
    columns: Mapping[int, bytes]
    """Share of each dealt column, n scalars, by its position in the job's column list."""
    zero: bytes
    """Share of the zero sharing of each output."""
    mu: int
    mu_tau: int
    """Shares of this dealer's part of the result's blinding (``proofs.inner_product.Blinding``)."""
    z: tuple[int, ...]
    """Shares of this dealer's part of Z_0, Z_1 …, sharings of zero: Z(k) at z is sum z^e Z_e(k)."""

    def to_bytes(self) -> bytes:
        """``HSDEAL02 || setup_id || job_id || attempt || seat || n || outputs || sealed || t || g ||
        columns``.

        Numbers have 4 bytes (sealed, t and g one). Then mu, mu_tau, Z_0 … Z_5, zero, and for each column its
        position (4 bytes) and share.
        """
        context = self.context
        numbers = (context.attempt, self.seat, context.n, context.output_count)
        head = MAGIC + context.setup_id + context.job_id
        head += b"".join(number.to_bytes(4, "big") for number in numbers)
        head += bytes((context.is_sealed, context.threshold, context.degree))
        head += len(self.columns).to_bytes(4, "big")
        head += b"".join(k.to_bytes(SCALAR_BYTES, "big") for k in (self.mu, self.mu_tau, *self.z))
        parts = [head, self.zero]
        for position in sorted(self.columns):
            parts += [position.to_bytes(4, "big"), self.columns[position]]
        return b"".join(parts)

    @classmethod
    @timed
    def from_bytes(cls, backend: Backend, data: bytes, *, context: DealContext, seat: int) -> DealerPackage:
        """Strict: WrongLength, NonCanonicalScalar, and ContextMismatch unless made for exactly this seat."""
        reader = _Reader(data)
        if reader.take(len(MAGIC)) != MAGIC:
            raise MalformedInput("this is not a deal package of version 2")
        found = {"setup": reader.take(32), "job": reader.take(32)}
        numbers = {name: reader.number(4) for name in ("attempt", "seat", "capacity", "outputs")}
        flags = {name: reader.number(1) for name in ("sealed", "threshold", "degree")}
        expected = {
            "setup": context.setup_id,
            "job": context.job_id,
            "attempt": context.attempt,
            "seat": seat,
            "capacity": context.n,
            "outputs": context.output_count,
            "sealed": int(context.is_sealed),
            "threshold": context.threshold,
            "degree": context.degree,
        }
        for name, value in (found | numbers | flags).items():
            if value != expected[name]:
                raise ContextMismatch(f"the package is for another {name} than the task's")
        column_count = reader.number(4)
        if not 1 <= column_count <= MAX_COLUMNS:
            raise MalformedInput(f"a package deals between 1 and {MAX_COLUMNS} columns, not {column_count}")
        masks = reader.take((2 + CHALLENGES) * SCALAR_BYTES)
        zero = reader.take(context.output_count * SCALAR_BYTES)
        backend.vec_check(masks)
        backend.vec_check(zero)
        mu, mu_tau, *z = (
            int.from_bytes(masks[i : i + SCALAR_BYTES], "big") for i in range(0, len(masks), SCALAR_BYTES)
        )
        columns = reader.columns(backend, column_count, context.n)
        return cls(context, seat, columns, zero, mu, mu_tau, tuple(z))

    def mask(self, challenge: int) -> int:
        """This dealer's part of Z(k) at z."""
        return evaluate_at(self.z, challenge)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, count: int) -> bytes:
        if self._at + count > len(self._data):
            raise WrongLength(f"the package ends after {len(self._data)} bytes, in the middle of a field")
        self._at += count
        return self._data[self._at - count : self._at]

    def number(self, count: int) -> int:
        return int.from_bytes(self.take(count), "big")

    def columns(self, backend: Backend, count: int, n: int) -> dict[int, bytes]:
        """Rising positions, canonical shares, and nothing behind them."""
        columns: dict[int, bytes] = {}
        last = 0
        for _ in range(count):
            position = self.number(4)
            if position <= last:
                raise MalformedInput("column positions rise and begin after 0 (ones is never dealt)")
            last = position
            columns[position] = self.take(n * SCALAR_BYTES)
            backend.vec_check(columns[position])
        if self._at != len(self._data):
            raise WrongLength(f"{len(self._data) - self._at} bytes follow the package")
        return columns


class Dealing:
    """One dealer's part of one attempt: the polynomials behind all its packages.

    ``columns``: the dealer's columns, n scalars each, by position in the job's column list.
    """

    @timed
    def __init__(
        self, backend: Backend, context: DealContext, seed: bytes, columns: Mapping[int, Buffer]
    ) -> None:
        for position, column in columns.items():
            if position < 1:
                raise MalformedInput("column 0 (ones) is public and never dealt")
            if len(column) != context.n * SCALAR_BYTES:
                raise WrongLength(f"column {position} does not have {context.n} scalars")
        if not columns:
            raise MalformedInput("a dealer deals at least one column")
        self._backend = backend
        self._context = context
        self._seed = seed
        self._columns = dict(columns)
        degree = context.mask_degree
        count = context.output_count
        self._slopes = {position: self.slopes(position) for position in columns}
        self._zero = self._vectors(b"zero", degree, count)
        mu = context.stream(seed, b"mu")
        self._mu = [draw_scalar(mu) for _ in range(degree + 1)] if context.is_sealed else [0]
        self._mu_tau = [draw_scalar(mu) for _ in range(degree + 1)] if context.is_sealed else [0]
        z = context.stream(seed, b"Z")
        self._z = [[0] + [draw_scalar(z) for _ in range(degree)] for _ in range(CHALLENGES)]

    @property
    def positions(self) -> tuple[int, ...]:
        """The dealt columns' positions in the job's column list, rising."""
        return tuple(sorted(self._columns))

    def slopes(self, position: int) -> list[bytes]:
        """s_1 … s_t of one column, for shares and for blame."""
        return self._vectors(
            b"column" + position.to_bytes(4, "big"), self._context.threshold, self._context.n
        )

    def masks_at(self, challenge: int) -> list[tuple[int, int]]:
        """Coefficients of k, k^2 … of zeta(k) = sum z^i zero_i(k) and of Z(k) at z, for blame;
        secret.
        """
        zetas = [self._backend.poly_eval(vector, challenge) for vector in self._zero]
        masks = [evaluate_at(coefficients, challenge) for coefficients in zip(*self._z, strict=True)]
        return list(zip(zetas, masks[1:], strict=True))

    def _vectors(self, label: bytes, count: int, length: int) -> list[bytes]:
        stream = self._context.stream(self._seed, label)
        return [draw_scalars(self._backend, stream, length) for _ in range(count)]

    @timed
    def package(self, seat: int) -> DealerPackage:
        """The shares of seat k: x + k s_1 + … + k^t s_t, and every mask's polynomial at k."""
        if not 1 <= seat <= MAX_SEATS:
            raise MalformedInput(f"a seat is between 1 and {MAX_SEATS}, not {seat}")
        powers = [pow(seat, i, R) for i in range(self._context.mask_degree + 1)]
        columns = {
            position: self._backend.vec_combine(
                [column, *self._slopes[position]], powers[: self._context.threshold + 1]
            )
            for position, column in self._columns.items()
        }
        return DealerPackage(
            context=self._context,
            seat=seat,
            columns=columns,
            zero=self._backend.vec_combine(self._zero, powers[1:]),
            mu=evaluate_at(self._mu, seat),
            mu_tau=evaluate_at(self._mu_tau, seat),
            z=tuple(evaluate_at(sharing, seat) for sharing in self._z),
        )


def evaluate_at(coefficients: Sequence[int], x: int) -> int:
    """The polynomial with these coefficients, lowest first, at x."""
    value = 0
    for coefficient in reversed(coefficients):
        value = (value * x + coefficient) % R
    return value


def lagrange_at_zero(seats: Sequence[int]) -> dict[int, int]:
    """lambda_k of each seat: f(0) = sum lambda_k f(k) if f has a degree below the number of seats."""
    return lagrange_at(seats, 0)


def lagrange_at(seats: Sequence[int], x: int) -> dict[int, int]:
    """The weights that interpolate f(x) from the values at ``seats``."""
    if len(set(seats)) != len(seats) or not all(1 <= seat <= MAX_SEATS for seat in seats):
        raise MalformedInput("answering seats are different numbers between 1 and 255")
    weights = {}
    for k in seats:
        numerator = denominator = 1
        for j in seats:
            if j != k:
                numerator = numerator * (x - j) % R
                denominator = denominator * (k - j) % R
        weights[k] = numerator * pow(denominator, -1, R) % R
    return weights
