"""The result document that is kept and shown: exact integers, decimals, and statistics read off them."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

from proofs import formats
from proofs.gram import GramStatistics
from scheduler.agents.analysis.moments import Moments
from scheduler.agents.analysis.run import run_analyses
from scheduler.agents.consumer.opening import OpenedJob

__all__ = ["FORMAT", "result_document"]

FORMAT = "hengsuan/result/v1"


def result_document(opened: OpenedJob, details: dict[str, Any]) -> dict[str, Any]:
    """``integers[a][b]`` is <left_a, right_b> in units of both scales, ``outputs`` the same as decimals.

    ``statistics`` is null unless the program is the symmetric one over all columns.
    """
    statement, schemas = opened.bound.statement, opened.schemas
    left = [schemas[index] for index in statement.left]
    right = [schemas[index] for index in statement.right]
    integers = [[opened.result.at(a, b) for b in range(len(right))] for a in range(len(left))]
    document = {
        "format": FORMAT,
        "job_id": formats.to_hex(opened.bound.context.job_id),
        "program_id": formats.to_hex(opened.bound.context.program_id),
        "result_hash": opened.settlement.result_hash,
        "transaction_hash": opened.settlement.transaction_hash,
        "block_number": opened.settlement.block_number,
        "gas_used": opened.settlement.gas_used,
        "rows": statement.rows,
        "columns": [
            {"name": schema.name, "title": schema.title, "scale": schema.scale} for schema in schemas
        ],
        "left": [schema.name for schema in left],
        "right": [schema.name for schema in right],
        "integers": [[str(value) for value in line] for line in integers],
        "outputs": [
            [str(Decimal(value).scaleb(-(left[a].scale + right[b].scale))) for b, value in enumerate(line)]
            for a, line in enumerate(integers)
        ],
        "statistics": _statistics(opened) if statement.is_symmetric else None,
    }
    wanted = details.get("parameters", {}).get("analyses", [])
    return document | {"analyses": run_analyses(Moments.of_result(document), wanted) if wanted else []}


def _statistics(opened: OpenedJob) -> dict[str, Any]:
    gram = GramStatistics(opened.result, opened.schemas)
    names = gram.names[1:]
    return {
        "count": gram.count,
        "means": {name: gram.mean(name) for name in names},
        "deviations": {name: math.sqrt(gram.variance(name)) for name in names},
        "correlations": {
            first: {second: gram.correlation(first, second) for second in names} for first in names
        },
    }
