"""Proving and verifying a program by its plan: one party that holds every column, and the owner's steps.

What is proven in which context, ``parts`` says. A Gram program over one chunk is the very proof that
``proofs.prover`` makes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from proofs import formats, hadamard, hashing, prover, verifier
from proofs.backend.base import Backend, Buffer
from proofs.batch import Relation, require_all
from proofs.columns import ColumnCommitment, check_ones, commit
from proofs.data_rows import DataRowsKey, data_rows_key
from proofs.errors import ResultMismatch, WrongLength, WrongProgram, WrongSetup
from proofs.hadamard import HadamardProof
from proofs.inner_product import scalar_bytes
from proofs.keys import ProvingKey, VerifyingKey
from proofs.node import statement_columns
from proofs.programs.description import Described, Sum
from proofs.programs.parts import ChunkColumns, JobPlan, Owned, ProductStep, SelectionStep
from proofs.programs.plan import Plan, make_plan
from proofs.proof import Proof
from proofs.prover import Proven, scalars_of
from proofs.randomness import OsRandom, Random, draw_scalars
from proofs.statement import BoundStatement, JobContext, Result, SealedResult

__all__ = [
    "OwnedProofs",
    "ProgramProof",
    "ProgramRun",
    "open_sum",
    "proof_hash",
    "prove",
    "prove_owned",
    "prove_product",
    "prove_selection",
    "single_proof_hash",
    "verify",
    "verify_job",
    "verify_owned",
]


@dataclass(frozen=True)
class ProgramProof:
    """What is published, in the order of ``parts``.

    Commitments of new columns; products; results with proofs: the selections' (if any), then of each part.
    """

    commitments: tuple[ColumnCommitment, ...]
    products: tuple[HadamardProof, ...]
    results: tuple[tuple[Result, Proof], ...]


@dataclass(frozen=True)
class ProgramRun:
    """``proof`` is public; ``steps`` open sealed results and ``opened`` are the virtual columns: secret."""

    proof: ProgramProof
    plan: Plan
    steps: tuple[Proven, ...]
    opened: tuple[bytes, ...] = field(repr=False, default=())

    def outputs(self) -> dict[tuple[int, int], int]:
        """The inner products by their two columns."""
        found: dict[tuple[int, int], int] = {}
        for rectangle, step in zip(self.plan.rectangles, self.steps, strict=True):
            pairs = [(a, b) for a in rectangle.left for b in rectangle.right]
            found |= dict(zip(pairs, scalars_of(step.outputs), strict=True))
        return found


def prove(
    key: ProvingKey,
    context: JobContext,
    program: Described,
    rows: int,
    columns: Sequence[Buffer],
    commitments: Sequence[ColumnCommitment],
    *,
    is_sealed: bool,
    random: Random | None = None,
) -> ProgramRun:
    """Runs the plan on one chunk; InvalidProof if a column is not what its role says, WrongProgram,
    WrongSetup.
    """
    _check_setup(key.verifying, program)
    count = len(commitments)
    source = random or OsRandom()
    held, known = [bytes(column) for column in columns], list(commitments)
    if len(held) != len(known):
        raise WrongLength(f"{len(held)} columns given, {len(known)} commitments")
    plan = make_plan(program, count)
    for product in plan.committed:
        blinding = draw_scalars(key.backend, source, 2)
        held.append(hadamard.product_column(key.backend, held[product.left], held[product.right], blinding))
        known.append(commit(key, held[-1]))
    job = JobPlan(key.backend, program, context, (ChunkColumns(rows, tuple(known)),), count)
    products = tuple(prove_product(key, step, held) for step in job.products)
    selected = [] if job.selection is None else [prove_selection(key, job.selection, [held], source)]
    make = prover.prove_sealed if is_sealed else prover.prove_public
    steps = tuple(
        make(
            key,
            part.context,
            part.statement,
            statement_columns(key.backend, part.statement, dict(enumerate(held))),
            part.commitments,
            source,
        )
        for part in job.parts
    )
    proof = ProgramProof(
        commitments=tuple(known[count:]),
        products=products,
        results=tuple((step.result, step.proof) for step in (*selected, *steps)),
    )
    return ProgramRun(proof, plan, steps, tuple(_sum(key.backend, held, o) for o in plan.openings))


# owner -----------------------------------------------------------------------------------------


def prove_product(
    key: ProvingKey, step: ProductStep, held: Sequence[Buffer] | Mapping[int, Buffer]
) -> HadamardProof:
    """By whoever holds the step's columns, given by position. InvalidProof if they do not multiply so."""
    p, q, u = (held[position] for position in step.positions)
    return hadamard.prove(key, step.context, step.statement, p, q, u)


def prove_selection(
    key: ProvingKey,
    step: SelectionStep,
    held: Sequence[Sequence[Buffer] | Mapping[int, Buffer]],
    random: Random | None = None,
) -> Proven:
    """By the owner of the selection columns, given by chunk and position. WrongProgram if they are none."""
    backend, one = key.backend, scalar_bytes(1)
    summed = [
        backend.vec_combine([chunk[position] for chunk in held], [1] * len(held))
        for position in step.positions
    ]
    columns = [*summed, one * key.n]
    proven = prover.prove_public(key, step.context, step.statement, columns, step.commitments, random)
    if proven.result != step.result:
        raise WrongProgram(f"columns {step.positions} are no selections: their sums are not 1")
    return proven


@dataclass(frozen=True)
class OwnedProofs:
    """An owner's proofs about its own columns: ``products`` by number among the job's."""

    products: Mapping[int, HadamardProof]
    selection: Proof | None

    def document(self) -> dict[str, object]:
        """``{"products": [{"step", "H"}…], "selection": null or {"A", "B", "C"}}``."""
        return {
            "products": [{"step": i, "H": formats.to_hex(p.h)} for i, p in sorted(self.products.items())],
            "selection": None if self.selection is None else formats.proof_document(self.selection),
        }

    @classmethod
    def from_document(cls, document: object, where: str = "owned") -> OwnedProofs:
        """Strict; the points are checked by ``verify_owned``."""
        fields = formats.mapping(document, ("products", "selection"), where)
        products: dict[int, HadamardProof] = {}
        for entry in formats.sequence(fields["products"], f"{where}.products"):
            step = formats.mapping(entry, ("step", "H"), f"{where}.products")
            number = formats.integer(step["step"], f"{where}.products.step")
            products[number] = HadamardProof.from_bytes(formats.from_hex(step["H"], f"{where}.products.H"))
        chosen = fields["selection"]
        return cls(products, None if chosen is None else formats.proof_from(chosen, f"{where}.selection"))


def prove_owned(
    key: ProvingKey,
    job: JobPlan,
    owned: Owned,
    held: Sequence[Mapping[int, Buffer]],
    random: Random | None = None,
) -> OwnedProofs:
    """Every step of ``owned``; ``held``: by chunk, the owner's columns and ``ones`` by position."""
    steps = {i: job.products[i] for i in owned.products}
    products = {i: prove_product(key, step, held[step.chunk]) for i, step in steps.items()}
    if not owned.is_selection or job.selection is None:
        return OwnedProofs(products, None)
    return OwnedProofs(products, prove_selection(key, job.selection, held, random).proof)


def verify_owned(
    verifying: VerifyingKey, rows_key: DataRowsKey | None, job: JobPlan, owned: Owned, proofs: OwnedProofs
) -> None:
    """Returns if exactly the steps of ``owned`` are proven; raises as ``verify``. For checked keys."""
    if (
        tuple(sorted(proofs.products)) != owned.products
        or (proofs.selection is not None) != owned.is_selection
    ):
        raise WrongLength("the owner did not prove exactly what its columns' roles ask for")
    checks = [
        _product_relation(verifying, rows_key, job, number, job.products[number], proofs.products[number])
        for number in owned.products
    ]
    if proofs.selection is not None and job.selection is not None:
        checks.append(_selection_relation(verifying, job, job.selection, proofs.selection))
    require_all(job.backend, checks)


def _sum(backend: Backend, columns: Sequence[bytes], output: Sum) -> bytes:
    weights = scalars_of(backend.vec_from_i64([weight for _, weight in output.terms]))
    return backend.vec_combine([columns[i] for i, _ in output.terms], list(weights))


def open_sum(key: ProvingKey, output: Sum, commitments: Sequence[ColumnCommitment], column: Buffer) -> None:
    """ResultMismatch unless ``column`` (n scalars) is the virtual column: its opening is its proof."""
    weights = key.backend.vec_from_i64([weight for _, weight in output.terms])
    expected = key.backend.g1_msm(b"".join(commitments[i].f for i, _ in output.terms), weights)
    if key.lagrange.msm(column) != expected:
        raise ResultMismatch("the column does not open the linear combination of the commitments")


# verifier --------------------------------------------------------------------------------------


def verify(
    key: ProvingKey,
    context: JobContext,
    program: Described,
    rows: int,
    commitments: Sequence[ColumnCommitment],
    proof: ProgramProof,
) -> None:
    """Returns if every step of the plan is proven over one chunk; raises otherwise, PairingFailed naming the
    step.

    ``commitments``: the job's columns, checked as registered ones are; ``key`` serves public columns only.
    """
    _check_setup(key.verifying, program)
    check_ones(key, rows, commitments[0].f)
    plan = make_plan(program, len(commitments))
    if len(proof.commitments) != len(plan.committed):
        raise WrongLength("the proof has another number of new columns than its program")
    chunk = ChunkColumns(rows, (*commitments, *proof.commitments))
    job = JobPlan(key.backend, program, context, (chunk,), len(commitments))
    fresh = [
        relation
        for index, commitment in enumerate(proof.commitments, start=plan.column_count)
        for relation in hadamard.commitment_relations(
            key.backend, key.verifying, commitment, f"column {index}"
        )
    ]
    rows_key = data_rows_key(key) if plan.products else None
    require_all(key.backend, [*fresh, *_relations(key.verifying, rows_key, job, proof)])


def verify_job(
    verifying: VerifyingKey, rows_key: DataRowsKey | None, job: JobPlan, proof: ProgramProof
) -> tuple[Result, ...]:
    """The proven result of each rectangle, summed over the chunks; for keys that were checked.

    Raises as ``verify``. ``rows_key`` may be None if the program has no products.
    """
    _check_setup(verifying, job.program)
    require_all(job.backend, _relations(verifying, rows_key, job, proof))
    return job.totals([result for result, _ in proof.results[bool(job.selection) :]])


def _check_setup(verifying: VerifyingKey, program: Described) -> None:
    if program.setup_id != verifying.setup_id:
        raise WrongSetup("the program names another setup than the key")


def _relations(
    verifying: VerifyingKey, rows_key: DataRowsKey | None, job: JobPlan, proof: ProgramProof
) -> list[Relation]:
    backend = job.backend
    selection = [] if job.selection is None else [job.selection]
    if (len(proof.products), len(proof.results)) != (len(job.products), len(selection) + len(job.parts)):
        raise WrongLength("the proof has another number of products or results than its program")
    checks = []
    for number, (step, part) in enumerate(zip(job.products, proof.products, strict=True)):
        checks.append(_product_relation(verifying, rows_key, job, number, step, part))
    for chosen, (result, inner) in zip(selection, proof.results, strict=False):
        if result != chosen.result:
            raise WrongProgram(f"the sums of columns {chosen.positions} are not shown to be 1")
        checks.append(_selection_relation(verifying, job, chosen, inner))
    for part_, (result, inner) in zip(job.parts, proof.results[len(selection) :], strict=True):
        bound = BoundStatement(part_.context, part_.statement, result)
        name = f"inner products of rectangle {part_.rectangle} in chunk {part_.chunk}"
        checks.append(verifier.relation(backend, verifying, bound, inner, name))
    return checks


def _product_relation(
    verifying: VerifyingKey,
    rows_key: DataRowsKey | None,
    job: JobPlan,
    number: int,
    step: ProductStep,
    proof: HadamardProof,
) -> Relation:
    if rows_key is None:
        raise WrongLength("a program with products is verified with the setup's points of the data rows")
    name = f"product {number}"
    (relation,) = hadamard.relations(
        job.backend, verifying, rows_key, step.context, step.statement, proof, name
    )
    return relation


def _selection_relation(verifying: VerifyingKey, job: JobPlan, step: SelectionStep, proof: Proof) -> Relation:
    return verifier.relation(job.backend, verifying, step.bound, proof, "selections sum to 1")


def proof_hash(proof: ProgramProof) -> bytes:
    """As the chain records it: keccak256 of each result's proof hash, then each product's H."""
    hashes = [single_proof_hash(inner, result) for result, inner in proof.results]
    return hashing.keccak256(b"".join(hashes) + b"".join(product.h for product in proof.products))


def single_proof_hash(proof: Proof, result: Result) -> bytes:
    """keccak256 of the abi-encoded SealedProof or PublicProof (IGroth16Verifier.sol)."""
    parts = [proof.a, proof.b, proof.c]
    if proof.binding is not None and isinstance(result, SealedResult):
        parts += [result.commitment, proof.binding.y, proof.binding.p, proof.binding.pi]
    return hashing.keccak256(b"".join(parts))
