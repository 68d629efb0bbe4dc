"""Circuit 2, the Hadamard product: u_i = p_i q_i on the data rows, u committed. PROTOCOL, *Circuit 2*.

Proven by one pairing identity between commitments, not by a second Groth16 circuit under the same delta:
with circuit 1's points (L_i - L_0)/delta a prover could move differences between rows, and a point L_0/delta
would let it prove any inner product (ADR 0007). With L = L_(n-2), t_D of ``proofs.data_rows`` and ``job`` the
hash of what the proof is for:

    (p + job L)(q + job L) - u = h t_D      as polynomials, which is u = p q on the rows where t_D vanishes
    e(F_p + job [L]1, F2_q + job [L]2) = e(F_u, G2) e(H, [t_D]2),   H = [h]1, one point, three pairings

All three columns need their proof of knowledge F_kappa (then they are polynomials of degree < n), and F2_q
must be the G2 half of F_q: both are checked at registration, or by ``verify`` for a new u. H is a function of
commitments, job and setup, so it shows nothing that the commitments, which hide perfectly, do not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from proofs import hashing
from proofs.backend.base import G1_BYTES, SCALAR_BYTES, Backend, Buffer
from proofs.batch import Relation, require_all
from proofs.columns import ColumnCommitment
from proofs.data_rows import BlindingRoots, DataRowsKey
from proofs.errors import InvalidProof, MalformedInput, WrongLength, WrongSetup
from proofs.field import R
from proofs.inner_product import scalar_bytes, with_job
from proofs.keys import ProvingKey, VerifyingKey
from proofs.statement import JobContext

__all__ = [
    "HadamardProof",
    "HadamardStatement",
    "combine_commitments",
    "commitment_relations",
    "constant_one",
    "knowledge_relation",
    "product_column",
    "prove",
    "quotient_point",
    "relations",
    "verify",
    "verify_under_checked_key",
]


@dataclass(frozen=True)
class HadamardStatement:
    """Which columns: u = p q on the data rows. p = q = u says that a column holds only 0 and 1."""

    setup_id: bytes
    p: bytes
    """F_p."""
    q: bytes
    """F_q."""
    q2: bytes
    """The same column in G2; whoever verifies knows it to be F_q's."""
    u: bytes
    """F_u."""

    @classmethod
    def of(
        cls, setup_id: bytes, p: ColumnCommitment, q: ColumnCommitment, u: ColumnCommitment
    ) -> HadamardStatement:
        return cls(setup_id, p.f, q.f, q.f2, u.f)

    def job(self, context: JobContext) -> int:
        """H(tag, context, setup, F_p, F_q, F_u) mod r: docs/protocol.md, *Hadamard products*."""
        return hashing.hadamard_scalar(context.words(self.setup_id), (self.p, self.q, self.u))


@dataclass(frozen=True)
class HadamardProof:
    """H, 64 bytes."""

    h: bytes

    def to_bytes(self) -> bytes:
        return self.h

    @classmethod
    def from_bytes(cls, data: bytes) -> HadamardProof:
        if len(data) != G1_BYTES:
            raise WrongLength(f"a Hadamard proof has {G1_BYTES} bytes, not {len(data)}")
        return cls(bytes(data))


def constant_one(backend: Backend) -> ColumnCommitment:
    """The column that is 1 on every row: the constant polynomial, whose points are the generators.

    Its F_kappa would be [kappa]1, which no key holds and nobody needs: the column is public.
    """
    return ColumnCommitment(backend.g1_generator(), backend.g2_generator(), b"")


def combine_commitments(
    backend: Backend, commitments: Sequence[ColumnCommitment], coefficients: Sequence[int]
) -> ColumnCommitment:
    """The virtual column sum l_j x_j (PROTOCOL, idea 3); F_kappa is left out if a summand has none."""
    scalars = b"".join(scalar_bytes(k % R) for k in coefficients)
    if len(commitments) != len(coefficients):
        raise WrongLength(f"{len(coefficients)} coefficients for {len(commitments)} commitments")
    has_kappa = all(commitment.f_kappa for commitment in commitments)
    return ColumnCommitment(
        f=backend.g1_msm(b"".join(c.f for c in commitments), scalars),
        f2=backend.g2_msm(b"".join(c.f2 for c in commitments), scalars),
        f_kappa=backend.g1_msm(b"".join(c.f_kappa for c in commitments), scalars) if has_kappa else b"",
    )


# prover ----------------------------------------------------------------------------------------


def product_column(backend: Backend, p: Buffer, q: Buffer, blinding: bytes) -> bytes:
    """u: the products on the data rows, and the two given scalars on the blinding rows."""
    product = backend.vec_mul(p, q)
    if len(blinding) != 2 * SCALAR_BYTES:
        raise WrongLength("two blinding rows have 64 bytes")
    return product[: -2 * SCALAR_BYTES] + blinding


def prove(
    key: ProvingKey,
    context: JobContext,
    statement: HadamardStatement,
    p: Buffer,
    q: Buffer,
    u: Buffer,
) -> HadamardProof:
    """H for one party that holds the three columns. InvalidProof if u is not their product."""
    if statement.setup_id != key.setup_id:
        raise WrongSetup("the statement names another setup than the proving key")
    return HadamardProof(quotient_point(key, p, q, u, statement.job(context)))


def quotient_point(key: ProvingKey, p: Buffer, q: Buffer, u: Buffer, job: int) -> bytes:
    """[h]1 of the module docstring: one multi-scalar multiplication of size n + 1."""
    backend, n = key.backend, key.n
    if any(len(column) != n * SCALAR_BYTES for column in (p, q, u)):
        raise WrongLength(f"p, q and u have {n} scalars each")
    if len(key.output_points) < 2:
        raise WrongLength("a Hadamard proof needs a key with at least two output points")
    a, b = with_job(p, job), with_job(q, job)
    product = backend.vec_mul(a, b)
    data = (n - 2) * SCALAR_BYTES
    if product[:data] != bytes(u[:data]):
        raise InvalidProof("u is not the product of p and q on every data row; nothing was proven")
    rest = backend.vec_sub(product[data:], memoryview(u)[data:])
    h = _times_blinding_factor(backend, n, backend.quotient(a, b, product), rest)
    return _commit_with_degree_n(key, h)


def _times_blinding_factor(backend: Backend, n: int, h0: bytes, rest: bytes) -> bytes:
    """h = h0 (X - a)(X - b) + d_a (X - b)/t'(a) + d_b (X - a)/t'(b): n + 1 coefficients.

    h0 = (p q - c)/t with c = p q on all of H; d = c - u on the blinding rows, and 0 on the data rows.
    """
    roots, zero = BlindingRoots.of(n), bytes(SCALAR_BYTES)
    d_a = int.from_bytes(rest[:SCALAR_BYTES], "big") * pow(roots.slope_a, -1, R) % R
    d_b = int.from_bytes(rest[SCALAR_BYTES:], "big") * pow(roots.slope_b, -1, R) % R
    linear = scalar_bytes(-(d_a * roots.b + d_b * roots.a) % R) + scalar_bytes((d_a + d_b) % R)
    shifted = [h0 + 2 * zero, zero + h0 + zero, 2 * zero + h0, linear + (n - 1) * zero]
    factors = [roots.a * roots.b % R, -(roots.a + roots.b) % R, 1, 1]
    return backend.vec_combine(shifted, factors)


def _commit_with_degree_n(key: ProvingKey, coefficients: bytes) -> bytes:
    """[h]1 of degree n, above the Lagrange points: n X L_0 = X + X^2 + … + X^n; E_1 = [tau L_0]1."""
    backend, n = key.backend, key.n
    top = int.from_bytes(coefficients[n * SCALAR_BYTES :], "big")
    fill = bytes(SCALAR_BYTES) + scalar_bytes(top) * (n - 1)
    values = backend.ntt(backend.vec_sub(coefficients[: n * SCALAR_BYTES], fill))
    highest = key.output_points.msm(scalar_bytes(top * n % R), offset=1)
    return backend.g1_sum(key.lagrange.msm(values) + highest)


# verifier --------------------------------------------------------------------------------------


def relations(
    backend: Backend,
    verifying: VerifyingKey,
    rows: DataRowsKey,
    context: JobContext,
    statement: HadamardStatement,
    proof: HadamardProof,
    name: str = "Hadamard product",
) -> list[Relation]:
    """Checks setup and points; returns the pairing identity for ``proofs.batch``. ``rows`` was checked."""
    if statement.setup_id != verifying.setup_id:
        raise WrongSetup("the statement names another setup than the verifying key")
    for part, point in (("F_p", statement.p), ("F_q", statement.q), ("F_u", statement.u), ("H", proof.h)):
        _named(backend.g1_check, f"{name}, {part}", point)
    _named(backend.g2_check, f"{name}, F2_q", statement.q2)
    job = scalar_bytes(statement.job(context))
    one = scalar_bytes(1)
    left = backend.g1_msm(statement.p + rows.row1, one + job)
    right = backend.g2_msm(statement.q2 + rows.row2, one + job)
    g1 = backend.g1_neg(left) + statement.u + proof.h
    return [Relation(name, g1, right + backend.g2_generator() + rows.vanishing2)]


def _named(check: Callable[[bytes], None], name: str, point: bytes) -> None:
    try:
        check(point)
    except MalformedInput as error:
        raise type(error)(f"{name}: {error}") from None


def knowledge_relation(
    backend: Backend, verifying: VerifyingKey, f: bytes, f_kappa: bytes, name: str
) -> Relation:
    """e(F_kappa, G2) = e(F, [kappa]2), for a commitment that was not registered. Checks both points."""
    _named(backend.g1_check, f"{name}, F_kappa", f_kappa)
    _named(backend.g1_check, f"{name}, F", f)
    g2 = backend.g2_generator() + verifying.kappa2
    return Relation(f"proof of knowledge of {name}", f_kappa + backend.g1_neg(f), g2)


def commitment_relations(
    backend: Backend, verifying: VerifyingKey, commitment: ColumnCommitment, name: str
) -> list[Relation]:
    """What ``columns.check_commitment`` checks, for a batch: knowledge, and that F2 is F's half in G2."""
    _named(backend.g2_check, f"{name}, F2", commitment.f2)
    halves = backend.g1_neg(commitment.f) + backend.g1_generator()
    return [
        knowledge_relation(backend, verifying, commitment.f, commitment.f_kappa, name),
        Relation(f"F2 of {name}", halves, backend.g2_generator() + commitment.f2),
    ]


def verify(
    backend: Backend,
    verifying: VerifyingKey,
    rows: DataRowsKey,
    context: JobContext,
    statement: HadamardStatement,
    proof: HadamardProof,
    u_kappa: bytes,
) -> None:
    """Returns if u = p q on the data rows; raises otherwise. p and q are registered columns or sums of such.

    A MalformedInput for bad points, WrongSetup, VerifyingKeyInvalid, PairingFailed naming the equation.
    """
    verifying.check(backend)
    rows.check(backend, verifying)
    verify_under_checked_key(backend, verifying, rows, context, statement, proof, u_kappa)


def verify_under_checked_key(
    backend: Backend,
    verifying: VerifyingKey,
    rows: DataRowsKey,
    context: JobContext,
    statement: HadamardStatement,
    proof: HadamardProof,
    u_kappa: bytes,
) -> None:
    """As ``verify``, for those who have checked key and rows once for many proofs."""
    checks = relations(backend, verifying, rows, context, statement, proof)
    checks.append(knowledge_relation(backend, verifying, statement.u, u_kappa, "u"))
    require_all(backend, checks)
