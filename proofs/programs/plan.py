"""From a program's description to what is committed, proven and opened, and what that costs.

Selected entries of a Gram matrix are covered by rectangles: left columns that want the same right columns
share one inner-product proof (PROTOCOL, *Gram matrix*), so a row of the matrix is one proof, as is a block.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from proofs.errors import WrongProgram
from proofs.programs.description import Described, Description, Inner, Sum
from proofs.sharing import THRESHOLD, answers_needed
from proofs.statement import Program

__all__ = ["Cost", "Plan", "Product", "Rectangle", "Settlement", "make_plan", "settlement"]

PRODUCT_PAIRINGS = 3
"""Of one Hadamard proof, two of them shared by all (``proofs.hadamard``)."""
PUBLIC_PAIRINGS, SEALED_PAIRINGS = 5, 7


@dataclass(frozen=True)
class Product:
    """Column ``output`` = column ``left`` times column ``right``, row by row; it may be one of them."""

    left: int
    right: int
    output: int


@dataclass(frozen=True)
class Rectangle:
    """Inner products of every left with every right column: one proof.

    ``expected``: what a check must come out as, in public; None for outputs of the program.
    """

    left: tuple[int, ...]
    right: tuple[int, ...]
    expected: tuple[int, ...] | None = None

    @property
    def columns(self) -> tuple[int, ...]:
        """The columns of its statement, rising."""
        return tuple(sorted({*self.left, *self.right}))


@dataclass(frozen=True)
class Cost:
    """What a price is made of, for capacity n."""

    constraints: int
    outputs: int
    g1_points: int
    """Points of G1 in the multi-scalar multiplications of one prover or node."""
    g2_points: int
    pairings: int
    """Of a verifier that checks each proof alone; a batch needs fewer."""
    nodes: int


@dataclass(frozen=True)
class Plan:
    """Indexes: the program's columns, then its products."""

    column_count: int
    products: tuple[Product, ...]
    rectangles: tuple[Rectangle, ...]
    openings: tuple[Sum, ...]
    degree: int

    @property
    def committed(self) -> tuple[Product, ...]:
        """The products whose column is new and has to be committed."""
        return tuple(product for product in self.products if product.output >= self.column_count)

    @property
    def output_count(self) -> int:
        inner = sum(len(r.left) * len(r.right) for r in self.rectangles if r.expected is None)
        return inner + len(self.openings)

    def nodes_needed(self, threshold: int = THRESHOLD) -> int:
        """g t + 1 (PROTOCOL, *Sharing and the nodes*)."""
        return answers_needed(threshold, self.degree)

    def cost(self, n: int, *, is_sealed: bool, threshold: int = THRESHOLD) -> Cost:
        """The estimate behind a price; the same plan is proven and verified."""
        proofs, products, new = len(self.rectangles), len(self.products), len(self.committed)
        pairings = sum(
            SEALED_PAIRINGS if is_sealed and r.expected is None else PUBLIC_PAIRINGS for r in self.rectangles
        )
        return Cost(
            constraints=n * (proofs + products),
            outputs=self.output_count,
            g1_points=2 * n * proofs + (n + 1) * products + 2 * n * new,
            g2_points=n * new,
            pairings=pairings + PRODUCT_PAIRINGS * products + 4 * new,
            nodes=self.nodes_needed(threshold),
        )


def make_plan(program: Described, column_count: int) -> Plan:
    """The plan for a job with so many columns. WrongProgram if the program is not for that number."""
    if isinstance(program, Program):
        left, right = program.sides(column_count)
        return Plan(column_count, (), (Rectangle(left, right),), (), program.DEGREE)
    if column_count != len(program.columns):
        raise WrongProgram(f"the program has {len(program.columns)} columns, the job {column_count}")
    checks = [i for i, role in enumerate(program.columns) if role in ("bits", "selection")]
    derived = [Product(i, j, column_count + k) for k, (i, j) in enumerate(program.products)]
    ones = [Rectangle((i,), (0,), (1,)) for i in checks if program.columns[i] == "selection"]
    return Plan(
        column_count=column_count,
        products=(*(product for i in checks for product in _bits(i)), *derived),
        rectangles=(*ones, *_cover([o for o in program.outputs if isinstance(o, Inner)])),
        openings=tuple(o for o in program.outputs if isinstance(o, Sum)),
        degree=program.degree,
    )


def _bits(column: int) -> tuple[Product, Product]:
    """e e = e: only 0 and 1; ones e = e: 0 behind the rows that are present."""
    return Product(column, column, column), Product(0, column, column)


def _cover(outputs: Sequence[Inner]) -> list[Rectangle]:
    """Rectangles that hold exactly these entries, each once, in a fixed order."""
    rights: defaultdict[int, list[int]] = defaultdict(list)
    for output in outputs:
        rights[output.left].append(output.right)
    lefts: defaultdict[tuple[int, ...], list[int]] = defaultdict(list)
    for left in sorted(rights):
        lefts[tuple(sorted(rights[left]))].append(left)
    return [Rectangle(tuple(left), right) for right, left in lefts.items()]


# contract --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Settlement:
    """What the Market contract can be called with. It knows one Gram proof a job, by its two numbers."""

    is_settleable: bool
    left_count: int | None
    right_start: int | None
    reason: str


def settlement(program: Described, column_count: int) -> Settlement:
    """The contract call of a Gram program, or honestly why the contract cannot settle another kind yet."""
    plan = make_plan(program, column_count)
    if isinstance(program, Program):
        return Settlement(True, program.left_count, program.right_start, "one Gram proof")
    assert isinstance(program, Description)
    if not plan.rectangles and not plan.products:
        reason = "it is opened, not proven: the contract has nothing to verify"
    else:
        reason = (
            f"it takes {len(plan.rectangles)} inner-product and {len(plan.products)} Hadamard proofs; the "
            "contract settles one Gram proof a job"
        )
    return Settlement(False, None, None, f"a program of kind {program.kind} cannot be settled yet: {reason}")
