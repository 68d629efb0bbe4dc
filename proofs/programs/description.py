"""What a program computes, as a document with a hash. docs/protocol.md, *Programs*.

    {"version": 1, "kind", "setup_id", "columns": [role…], "products": [[i, j]…], "sums": [[[i, weight]…]…],
     "outputs": […], "degree"}

- roles: ``ones`` (column 0, and only it), ``data``, ``bits`` (0 or 1 on every present row, else 0),
  ``selection`` (0 or 1 on every data row, exactly one 1; on an absent row it selects nothing: "no hit")
- products: column len(columns) + k is the Hadamard product of columns i and j, which come before it
- sums: virtual columns with public weights, behind the products; their commitments are sums of commitments
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
    sums: tuple[Sum, ...] = ()

    def __post_init__(self) -> None:
        if len(self.setup_id) != hashing.WORD_BYTES:
            raise WrongLength(f"a setup id has 32 bytes, not {len(self.setup_id)}")
        self._check_columns()
        if not 1 <= len(self.outputs) <= MAX_OUTPUTS or len(set(self.outputs)) != len(self.outputs):
            raise MalformedInput(f"a program has between 1 and {MAX_OUTPUTS} outputs, all different")
        for virtual in self.sums:
            self._check_sum(virtual)
        for output in self.outputs:
            self._check_output(output)
        self._check_kind()
        if not 1 <= self.degree <= MAX_DEGREE:
            raise MalformedInput(f"the program's degree is {self.degree}, not between 1 and {MAX_DEGREE}")

    def _check_columns(self) -> None:
        if not 2 <= len(self.columns) <= MAX_COLUMNS or len(self.products) > MAX_PRODUCTS:
            raise MalformedInput(f"2 to {MAX_COLUMNS} columns and up to {MAX_PRODUCTS} products")
        if len(self.sums) > MAX_COLUMNS or len(set(self.sums)) != len(self.sums):
            raise MalformedInput(f"up to {MAX_COLUMNS} sums, all different")
        if self.columns[0] != "ones" or "ones" in self.columns[1:] or not set(self.columns) <= set(ROLES):
            raise MalformedInput(f"column 0 is ones and no other; the other roles are {ROLES[1:]}")
        for k, (i, j) in enumerate(self.products):
            if not 0 <= i <= j < len(self.columns) + k:
                raise MalformedInput(f"product {k} is of two columns before it, the lower one first")

    def _check_output(self, output: Inner | Sum) -> None:
        if isinstance(output, Sum):
            self._check_sum(output)
        elif not 0 <= output.left <= output.right < self.column_count:
            raise MalformedInput("an inner product is of two columns that there are, the lower one first")

    def _check_sum(self, output: Sum) -> None:
        count = len(self.columns) + len(self.products)
        indexes = [column for column, _ in output.terms]
        if not indexes or indexes != sorted(set(indexes)) or not 0 <= indexes[0] <= indexes[-1] < count:
            raise MalformedInput("a sum is over columns that there are, rising, each once")
        if not all(weight and abs(weight) < WEIGHT_LIMIT for _, weight in output.terms):
            raise MalformedInput("a weight is not 0 and fits into 64 bits with its sign")

    def _check_kind(self) -> None:
        inner = [output for output in self.outputs if isinstance(output, Inner)]
        fits = {
            "entries": len(inner) == len(self.outputs),
            "lookup": len(inner) == len(self.outputs) and not self.products and self._is_lookup(inner),
            "weighted_sums": not inner and not self.products and not self.sums,
        }
        if not fits.get(self.kind, False):
            raise MalformedInput(f"the columns and outputs are not those of a program of kind {self.kind!r}")

    def _is_lookup(self, inner: list[Inner]) -> bool:
        """Every selection comes first and is asked for the same: <ones, e>, the hit, and its answers."""
        count = len(self.selections)
        if count == 0 or self.selections != tuple(range(1, count + 1)):
            return False
        asked = {s: {o.right for o in inner if o.left == s} for s in self.selections}
        hits = {(output.left, output.right) for output in inner if output.left == 0}
        answers = asked[1]
        return (
            hits == {(0, s) for s in self.selections}
            and all(asked[s] == answers for s in self.selections)
            and min(answers, default=0) > count
            and len(inner) == count * (1 + len(answers))
        )

    @property
    def selections(self) -> tuple[int, ...]:
        """The columns of role ``selection``."""
        return tuple(i for i, role in enumerate(self.columns) if role == "selection")

    @property
    def column_count(self) -> int:
        """Columns with products and sums: what an output may name."""
        return len(self.columns) + len(self.products) + len(self.sums)

    @cached_property
    def column_degrees(self) -> tuple[int, ...]:
        """In multiples of the threshold: 0 of the public ``ones``, 1 of an input, a product's is the sum."""
        degrees = [0 if role == "ones" else 1 for role in self.columns]
        for i, j in self.products:
            degrees.append(degrees[i] + degrees[j])
        degrees += [max(degrees[column] for column, _ in virtual.terms) for virtual in self.sums]
        return tuple(degrees)

    @cached_property
    def degree(self) -> int:
        """g: the largest degree of anything that nodes commit to (PROTOCOL, *Sharing and the nodes*)."""
        of = self.column_degrees
        inner = [output for output in self.outputs if isinstance(output, Inner)]
        # What is proven of bit and selection columns alone, their owner proves: it needs no node.
        return max([*of, *(of[output.left] + of[output.right] for output in inner)])

    def document(self) -> dict[str, object]:
        return {
            "version": VERSION,
            "kind": self.kind,
            "setup_id": formats.to_hex(self.setup_id),
            "columns": list(self.columns),
            "products": [list(product) for product in self.products],
            "sums": [[list(term) for term in virtual.terms] for virtual in self.sums],
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
    sums: Sequence[Sequence[tuple[int, int]]] = (),
) -> Description:
    """Selected entries of the Gram matrix of the columns, of their products and of weighted sums of them."""
    outputs = tuple(Inner(*sorted(pair)) for pair in pairs)
    return Description("entries", setup_id, tuple(columns), tuple(products), outputs, _sums(sums))


def lookup(
    setup_id: bytes,
    data_columns: int,
    answers: Sequence[int],
    queries: int = 1,
    sums: Sequence[Sequence[tuple[int, int]]] = (),
) -> Description:
    """Columns: ones, a selection for each query, then the data; ``answers`` name data columns or sums.

    Of each query: <ones, e>, which is 0 for "no hit", then its answers (PROTOCOL, private lookup; ADR 0009).
    """
    columns = ("ones", *("selection",) * queries, *("data",) * data_columns)
    asked = range(1, queries + 1)
    outputs = [Inner(0, s) for s in asked] + [Inner(s, column) for s in asked for column in answers]
    return Description("lookup", setup_id, columns, (), tuple(outputs), _sums(sums))


def _sums(sums: Sequence[Sequence[tuple[int, int]]]) -> tuple[Sum, ...]:
    return tuple(Sum(tuple(terms)) for terms in sums)


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
    keys = ("version", "kind", "setup_id", "columns", "products", "sums", "outputs", "degree")
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
        sums=tuple(_sum(terms, "program.sums") for terms in formats.sequence(fields["sums"], "program.sums")),
    )
    if formats.integer(fields["degree"], "program.degree") != description.degree:
        raise MalformedInput(f"program.degree must be {description.degree}, which follows from the rest")
    return description


def _pair(value: object, where: str, minimum: int = 0) -> tuple[int, int]:
    numbers = formats.sequence(value, where)
    if len(numbers) != 2:
        raise MalformedInput(f"{where} holds pairs")
    return formats.integer(numbers[0], where), formats.integer(numbers[1], where, minimum)


def _sum(value: object, where: str) -> Sum:
    return Sum(tuple(_pair(term, where, -WEIGHT_LIMIT) for term in formats.sequence(value, where)))


def _output(value: object) -> Inner | Sum:
    where = "program.outputs"
    if isinstance(value, dict) and "sum" in value:
        return _sum(formats.mapping(value, ("sum",), where)["sum"], where)
    return Inner(*_pair(formats.mapping(value, ("inner",), where)["inner"], where))
