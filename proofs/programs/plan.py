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

__all__ = ["Cost", "Plan", "Product", "Rectangle", "make_plan", "unsettleable"]

PRODUCT_PAIRINGS = 3
"""Of one Hadamard proof, two of them shared by all (``proofs.hadamard``)."""
PUBLIC_PAIRINGS, SEALED_PAIRINGS = 5, 7


@dataclass(frozen=True)
class Product:
    """Column ``output`` = column ``left`` times column ``right``, row by row; it may be one of them."""

    left: int
    right: int
    output: int

    @property
    def columns(self) -> tuple[int, ...]:
        return (self.left, self.right, self.output)


@dataclass(frozen=True)
class Rectangle:
    """Inner products of every left with every right column: one proof."""

    left: tuple[int, ...]
    right: tuple[int, ...]

    @property
    def output_count(self) -> int:
        return len(self.left) * len(self.right)


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
    """Indexes: the program's columns, then its products, then its sums.

    ``products`` and ``selections`` are proven by the owner of the columns if they are all of one, in a job of
    several parties; the nodes prove ``rectangles``.
    """

    column_count: int
    products: tuple[Product, ...]
    selections: tuple[int, ...]
    """Columns whose inner product with the constant 1 is shown to be 1, all by one public proof."""
    sums: tuple[Sum, ...]
    rectangles: tuple[Rectangle, ...]
    openings: tuple[Sum, ...]
    degree: int

    @property
    def committed(self) -> tuple[Product, ...]:
        """The products whose column is new and has to be committed."""
        return tuple(product for product in self.products if product.output >= self.column_count)

    @property
    def output_count(self) -> int:
        return sum(rectangle.output_count for rectangle in self.rectangles) + len(self.openings)

    def terms(self, column: int) -> tuple[tuple[int, int], ...]:
        """A column as (committed column, weight): itself, or what it is the sum of."""
        first_sum = self.column_count + len(self.committed)
        return ((column, 1),) if column < first_sum else self.sums[column - first_sum].terms

    def nodes_needed(self, threshold: int = THRESHOLD) -> int:
        """g t + 1 (PROTOCOL, *Sharing and the nodes*)."""
        return answers_needed(self.degree, threshold)

    def cost(self, n: int, *, is_sealed: bool, threshold: int = THRESHOLD, chunks: int = 1) -> Cost:
        """The estimate behind a price; the same plan is proven and verified. ``chunks``: of the datasets."""
        proofs, products = len(self.rectangles) * chunks, len(self.products) * chunks
        selection, new = int(bool(self.selections)), len(self.committed) * chunks
        each = SEALED_PAIRINGS if is_sealed else PUBLIC_PAIRINGS
        return Cost(
            constraints=n * (proofs + selection + products),
            outputs=self.output_count,
            g1_points=2 * n * (proofs + selection) + (n + 1) * products + 2 * n * new,
            g2_points=n * new,
            pairings=each * proofs + PUBLIC_PAIRINGS * selection + PRODUCT_PAIRINGS * products + 4 * new,
            nodes=self.nodes_needed(threshold),
        )


def make_plan(program: Described, column_count: int) -> Plan:
    """The plan for a job with so many columns. WrongProgram if the program is not for that number."""
    if isinstance(program, Program):
        left, right = program.sides(column_count)
        return Plan(column_count, (), (), (), (Rectangle(left, right),), (), program.DEGREE)
    if column_count != len(program.columns):
        raise WrongProgram(f"the program has {len(program.columns)} columns, the job {column_count}")
    checks = [product for i, role in enumerate(program.columns) for product in _checks(i, role)]
    derived = [Product(i, j, column_count + k) for k, (i, j) in enumerate(program.products)]
    return Plan(
        column_count=column_count,
        products=(*checks, *derived),
        selections=program.selections,
        sums=program.sums,
        rectangles=tuple(_cover(program, [o for o in program.outputs if isinstance(o, Inner)])),
        openings=tuple(o for o in program.outputs if isinstance(o, Sum)),
        degree=program.degree,
    )


def _checks(column: int, role: str) -> tuple[Product, ...]:
    """e e = e: only 0 and 1; of bits also ones e = e: 0 behind the rows that are present."""
    if role == "bits":
        return Product(column, column, column), Product(0, column, column)
    return (Product(column, column, column),) if role == "selection" else ()


def _cover(program: Description, outputs: Sequence[Inner]) -> list[Rectangle]:
    """Rectangles that hold exactly these entries, each once, in a fixed order; a selection is on the left."""
    rights: defaultdict[int, list[int]] = defaultdict(list)
    for output in outputs:
        is_hit = output.left == 0 and output.right in program.selections
        left, right = (output.right, output.left) if is_hit else (output.left, output.right)
        rights[left].append(right)
    lefts: defaultdict[tuple[int, ...], list[int]] = defaultdict(list)
    for left in sorted(rights):
        lefts[tuple(sorted(rights[left]))].append(left)
    return [Rectangle(tuple(left), right) for right, left in lefts.items()]


# contract --------------------------------------------------------------------------------------


def unsettleable(program: Described, column_count: int) -> str:
    """Why the market cannot run and its contracts cannot settle the program; empty if they can."""
    plan = make_plan(program, column_count)
    if plan.openings:
        return "a sum that is opened as a whole column is not proven, so the contract has nothing to verify"
    if plan.committed:
        return "columns that are products need rounds of the nodes that the market does not run yet"
    used = {c for r in plan.rectangles for column in (*r.left, *r.right) for c, _ in plan.terms(column)}
    if unused := {product.right for product in plan.products} - used:
        return f"no output uses the columns {sorted(unused)}, whose role is to be proven"
    return ""
