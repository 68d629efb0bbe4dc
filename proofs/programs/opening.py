"""The results of a job of several parts: opened part by part, added up over the chunks, decoded once.

A sum over chunks is decoded with the range that the schemas allow over all rows (PROTOCOL, *Columns*).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from proofs import inner_product
from proofs.columns import ColumnSchema
from proofs.errors import MalformedInput, SchemaInvalid
from proofs.field import R
from proofs.inner_product import Blinding
from proofs.keys import ProvingKey
from proofs.messages import ResultShare
from proofs.opening import OpenedResult, decode_outputs, open_shares
from proofs.programs.parts import JobPlan, Part
from proofs.prover import scalars_of
from proofs.statement import PublicResult, Result, SealedResult

__all__ = ["column_schemas", "decode_totals", "open_job_results", "sum_schema"]


def open_job_results(
    key: ProvingKey,
    job: JobPlan,
    schemas: Sequence[ColumnSchema],
    results: Sequence[Result],
    shares: Mapping[int, Sequence[ResultShare]],
) -> list[OpenedResult]:
    """Each rectangle's result, from the result of every part and, sealed, its result shares by part.

    ``schemas``: of the job's columns. Raises as ``proofs.opening.open_sealed``.
    """
    if all(isinstance(result, PublicResult) for result in results):
        totals = [total for total in job.totals(results) if isinstance(total, PublicResult)]
        return decode_totals(job, schemas, [total.outputs for total in totals])
    opened = []
    for part, result in zip(job.parts, results, strict=True):
        if not isinstance(result, SealedResult):
            raise MalformedInput("a job's results are all sealed or all public")
        opened.append(open_shares(key, part.statement, result, shares.get(part.number, ())))
    outputs, blindings = [], []
    for place in range(len(job.plan.rectangles)):
        mine = [o for part, o in zip(job.parts, opened, strict=True) if part.rectangle == place]
        outputs.append(scalars_of(key.backend.vec_combine([vector for vector, _ in mine], [1] * len(mine))))
        blindings.append(Blinding(sum(b.mu for _, b in mine) % R, sum(b.mu_tau for _, b in mine) % R))
    found = decode_totals(job, schemas, outputs)
    return [replace(one, blinding=blinding) for one, blinding in zip(found, blindings, strict=True)]


def decode_totals(
    job: JobPlan, schemas: Sequence[ColumnSchema], outputs: Sequence[Sequence[int]]
) -> list[OpenedResult]:
    """Scalars of each rectangle as signed integers within their range. Raises ResultOutOfRange."""
    found = []
    for part, values in zip(job.parts, outputs, strict=False):
        statement = replace(part.statement, rows=job.rows)
        decoded = decode_outputs(statement, column_schemas(part, schemas), values)
        found.append(OpenedResult(statement, decoded, inner_product.NO_BLINDING))
    return found


def column_schemas(part: Part, schemas: Sequence[ColumnSchema]) -> list[ColumnSchema]:
    """Of a part's statement columns; a sum's follows from those of its columns."""
    if not part.statement.terms:
        return list(schemas)
    return [sum_schema(terms, schemas) for terms in part.statement.terms]


def sum_schema(terms: Sequence[tuple[int, int]], schemas: Sequence[ColumnSchema]) -> ColumnSchema:
    """Name, scale and range of a weighted sum. SchemaInvalid if its columns have different scales."""
    if len(terms) == 1 and terms[0][1] == 1:
        return schemas[terms[0][0]]
    columns = [(schemas[position], weight) for position, weight in terms]
    if len({column.scale for column, _ in columns}) != 1:
        names = ", ".join(f"{column.name} ({column.scale})" for column, _ in columns)
        raise SchemaInvalid(f"a weighted sum is over columns of one scale, not of {names}")
    corners = [sorted((weight * column.minimum, weight * column.maximum)) for column, weight in columns]
    return ColumnSchema(
        name=" ".join(f"{weight:+}*{column.name}" for column, weight in columns),
        scale=columns[0][0].scale,
        minimum=sum(low for low, _ in corners),
        maximum=sum(high for _, high in corners),
    )
