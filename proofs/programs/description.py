"""What a program computes, as a document with a hash. docs/protocol.md, *Programs*.

    {"version": 1, "kind", "setup_id", "columns": [role…], "products": [[i, j]…], "outputs": […], "degree"}

- roles: ``ones`` (column 0, and only it), ``data``, ``bits`` (0 or 1 on every row), ``selection`` (bits with
  exactly one 1)
- products: column len(columns) + k is the Hadamard product of columns i and j, which come before it
- an output is ``{"inner": [i, j]}``, i <= j, or ``{"sum": [[column, weight]…]}`` by rising column
- degree: what follows from the rest (``plan``); another one is refused

``gram`` keeps the document of ``proofs.statement.Program``, which contracts and vectors know by its hash.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from proofs import formats, hashing
from proofs.errors import MalformedInput, WrongLength
from proofs.statement import MAX_OUTPUTS, Program, canonical_json

__all__ = ["Described", "Description", "Inner", "Sum", "described_from", "entries", "lookup", "weighted_sums"]

VERSION = 1
KINDS = ("entries", "lookup", "weighted_sums")
ROLES = ("ones", "data", "bits", "selection")
MAX_COLUMNS = 256
MAX_PRODUCTS = 64
MAX_DEGREE = 8
WEIGHT_LIMIT = 1 << 63


@dataclass(frozen=True)
class Inner:
    """The inner product of two columns over the data rows."""

    left: int
    right: int

    def document(self) -> dict[str, object]:
        return {"inner": [self.left, self.right]}


@dataclass(frozen=True)
class Sum:
    """A virtual column: (column, weight) by rising column; opened to whom the result is for."""

    terms: tuple[tuple[int, int], ...]

    def document(self) -> dict[str, object]:
        return {"sum": [list(term) for term in self.terms]}


@dataclass(frozen=True)
class Description:
    """One program; every rule of the module docstring is checked when it is made."""

    kind: str
    setup_id: bytes
    columns: tuple[str, ...]
    products: tuple[tuple[int, int], ...]
    outputs: tuple[Inner | Sum, ...]

    def __post_init__(self) -> None:
        if len(self.setup_id) != hashing.WORD_BYTES:
            raise WrongLength(f"a setup id has 32 bytes, not {len(self.setup_id)}")
        self._check_columns()
        if not 1 <= len(self.outputs) <= MAX_OUTPUTS or len(set(self.outputs)) != len(self.outputs):
            raise MalformedInput(f"a program has between 1 and {MAX_OUTPUTS} outputs, all different")
        for output in self.outputs:
            self._check_output(output)
        self._check_kind()
        if not 1 <= self.degree <= MAX_DEGREE:
            raise MalformedInput(f"the program's degree is {self.degree}, not between 1 and {MAX_DEGREE}")

    def _check_columns(self) -> None:
        if not 2 <= len(self.columns) <= MAX_COLUMNS or len(self.products) > MAX_PRODUCTS:
            raise MalformedInput(f"2 to {MAX_COLUMNS} columns and up to {MAX_PRODUCTS} products")
        if self.columns[0] != "ones" or "ones" in self.columns[1:] or not set(self.columns) <= set(ROLES):
            raise MalformedInput(f"column 0 is ones and no other; the other roles are {ROLES[1:]}")
        for k, (i, j) in enumerate(self.products):
            if not 0 <= i <= j < len(self.columns) + k:
                raise MalformedInput(f"product {k} is of two columns before it, the lower one first")

    def _check_output(self, output: Inner | Sum) -> None:
        count = len(self.columns) + len(self.products)
        if isinstance(output, Inner):
            if not 0 <= output.left <= output.right < count:
                raise MalformedInput("an inner product is of two columns that there are, the lower one first")
            return
        indexes = [column for column, _ in output.terms]
        if not indexes or indexes != sorted(set(indexes)) or not 0 <= indexes[0] <= indexes[-1] < count:
            raise MalformedInput("a sum is over columns that there are, rising, each once")
        if not all(weight and abs(weight) < WEIGHT_LIMIT for _, weight in output.terms):
            raise MalformedInput("a weight is not 0 and fits into 64 bits with its sign")

    def _check_kind(self) -> None:
        inner = [output for output in self.outputs if isinstance(output, Inner)]
        fits = {
            "entries": len(inner) == len(self.outputs),
            "lookup": len(inner) == len(self.outputs)
            and self.columns[1:2] == ("selection",)
            and not self.products
            and all(output.left == 1 for output in inner),
            "weighted_sums": not inner and not self.products,
        }
        if not fits.get(self.kind, False):
            raise MalformedInput(f"the columns and outputs are not those of a program of kind {self.kind!r}")

    @cached_property
    def column_degrees(self) -> tuple[int, ...]:
        """In multiples of the threshold: 0 of the public ``ones``, 1 of an input, a product's is the sum."""
        degrees = [0 if role == "ones" else 1 for role in self.columns]
        for i, j in self.products:
            degrees.append(degrees[i] + degrees[j])
        return tuple(degrees)

    @cached_property
    def degree(self) -> int:
        """g: the largest degree of anything that nodes commit to (PROTOCOL, *Sharing and the nodes*)."""
        of = self.column_degrees
        inner = [output for output in self.outputs if isinstance(output, Inner)]
        degrees = [*of, *(of[output.left] + of[output.right] for output in inner)]
        # e e = e and <e, ones> = 1 of bit and selection columns.
        if {"bits", "selection"} & set(self.columns):
            degrees.append(2)
        return max(degrees)

    def document(self) -> dict[str, object]:
        return {
            "version": VERSION,
            "kind": self.kind,
            "setup_id": formats.to_hex(self.setup_id),
            "columns": list(self.columns),
            "products": [list(product) for product in self.products],
            "outputs": [output.document() for output in self.outputs],
            "degree": self.degree,
        }

    @cached_property
    def program_id(self) -> bytes:
        """keccak256 of the canonical JSON."""
        return hashing.keccak256(canonical_json(self.document()))


Described = Program | Description


def entries(
    setup_id: bytes,
    columns: Sequence[str],
    pairs: Sequence[tuple[int, int]],
    products: Sequence[tuple[int, int]] = (),
) -> Description:
    """Selected entries of the Gram matrix of the columns and of their products."""
    outputs = tuple(Inner(*sorted(pair)) for pair in pairs)
    return Description("entries", setup_id, tuple(columns), tuple(products), outputs)


def lookup(setup_id: bytes, data_columns: int, answers: Sequence[int]) -> Description:
    """Columns: ones, the selection, then the data; the answers name columns from 2 on (PROTOCOL, lookup)."""
    columns = ("ones", "selection", *("data",) * data_columns)
    return Description("lookup", setup_id, columns, (), tuple(Inner(1, column) for column in answers))


def weighted_sums(
    setup_id: bytes, columns: Sequence[str], sums: Sequence[Sequence[tuple[int, int]]]
) -> Description:
    """Linear combinations of columns with public weights: scores."""
    outputs = tuple(Sum(tuple(terms)) for terms in sums)
    return Description("weighted_sums", setup_id, tuple(columns), (), outputs)


def described_from(document: object) -> Described:
    """A program document of any kind, strict: exactly its keys, and the degree that follows from the rest."""
    if isinstance(document, dict) and document.get("kind") == Program.KIND:
        return formats.program_from(document)
    keys = ("version", "kind", "setup_id", "columns", "products", "outputs", "degree")
    fields = formats.mapping(document, keys, "program")
    formats.integer(fields["version"], "program.version", VERSION, VERSION)
    description = Description(
        kind=formats.text(fields["kind"], "program.kind"),
        setup_id=formats.from_hex(fields["setup_id"], "program.setup_id", 32),
        columns=tuple(
            formats.text(role, "program.columns")
            for role in formats.sequence(fields["columns"], "program.columns")
        ),
        products=tuple(
            _pair(product, "program.products")
            for product in formats.sequence(fields["products"], "program.products")
        ),
        outputs=tuple(_output(output) for output in formats.sequence(fields["outputs"], "program.outputs")),
    )
    if formats.integer(fields["degree"], "program.degree") != description.degree:
        raise MalformedInput(f"program.degree must be {description.degree}, which follows from the rest")
    return description


def _pair(value: object, where: str, minimum: int = 0) -> tuple[int, int]:
    numbers = formats.sequence(value, where)
    if len(numbers) != 2:
        raise MalformedInput(f"{where} holds pairs")
    return formats.integer(numbers[0], where), formats.integer(numbers[1], where, minimum)


def _output(value: object) -> Inner | Sum:
    where = "program.outputs"
    if isinstance(value, dict) and "sum" in value:
        terms = formats.sequence(formats.mapping(value, ("sum",), where)["sum"], where)
        return Sum(tuple(_pair(term, where, -WEIGHT_LIMIT) for term in terms))
    return Inner(*_pair(formats.mapping(value, ("inner",), where)["inner"], where))
