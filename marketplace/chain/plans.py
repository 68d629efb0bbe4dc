"""Programs and proofs as PlanVerifier.sol takes them, from the plan that everyone else uses. No Django."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from proofs.backend.base import Backend
from proofs.data_rows import DataRowsKey
from proofs.field import R
from proofs.inner_product import scalar_bytes
from proofs.programs.parts import JobPlan
from proofs.programs.plan import Plan
from proofs.programs.run import ProgramProof
from proofs.proof import Proof
from proofs.statement import BoundStatement, PublicResult, Result, SealedResult

__all__ = ["combination", "data_rows_struct", "g1", "g2", "plan_hash", "plan_proof", "plan_struct"]

_G1, _G2 = "(uint256,uint256)", "(uint256,uint256,uint256,uint256)"
_PLAN = "(uint256,(uint256,uint256,uint256)[],uint256[],(uint256,uint256)[][],(uint256[],uint256[])[])"
_PART = f"(uint256[],({_G1},{_G2},{_G1},{_G1},{_G1},{_G1},{_G1}),({_G1},{_G1}))"
_PROOF = f"({_PLAN},{_G1}[],{_G2}[],{_G1}[],{_PART}[])"

_NO_PLAN: tuple[Any, ...] = (0, [], [], [], [])
_NO_POINT = (0, 0)


def plan_struct(plan: Plan) -> tuple[Any, ...]:
    """The contract's Plan; weights are scalars."""
    return (
        plan.column_count,
        [product.columns for product in plan.products],
        list(plan.selections),
        [[(column, weight % R) for column, weight in virtual.terms] for virtual in plan.sums],
        [(list(rectangle.left), list(rectangle.right)) for rectangle in plan.rectangles],
    )


def plan_hash(plan: Plan) -> bytes:
    """What the program registry keeps of a program with a plan."""
    return keccak(encode([_PLAN], [plan_struct(plan)]))


def plan_proof(job: JobPlan, proof: ProgramProof) -> bytes:
    """All that ``Market.settlePlan`` takes of a job."""
    width = job.column_count
    plan = _NO_PLAN if job.is_gram else plan_struct(job.plan)
    bounds = [] if job.selection is None else [job.selection.bound]
    bounds += [
        BoundStatement(part.context, part.statement, result)
        for part, (result, _) in zip(job.parts, proof.results[len(bounds) :], strict=True)
    ]
    value = (
        plan,
        [g1(c.f) for chunk in job.chunks for c in chunk.commitments[:width]],
        [g2(step.statement.q2) for step in job.products],
        [g1(product.h) for product in proof.products],
        [_part(job.backend, bound, part) for bound, (_, part) in zip(bounds, proof.results, strict=True)],
    )
    return encode([_PROOF], [value])


def data_rows_struct(rows: DataRowsKey) -> list[tuple[int, ...]]:
    """The contract's DataRows."""
    return [g1(rows.row1), g2(rows.row2), g1(rows.vanishing1), g2(rows.vanishing2)]


def combination(backend: Backend, bound: BoundStatement) -> list[tuple[int, ...]]:
    """[Σ l_a F_a, Σ r_b F_b]: the contract checks them by one random combination."""
    points = b"".join(bound.statement.columns)
    return [
        g1(backend.g1_msm(points, b"".join(map(scalar_bytes, weights))))
        for weights in (bound.weights.left, bound.weights.right)
    ]


def _part(backend: Backend, bound: BoundStatement, proof: Proof) -> tuple[Any, ...]:
    return (
        list(bound.result.outputs) if isinstance(bound.result, PublicResult) else [],
        [g1(proof.a), g2(proof.b), g1(proof.c), *_binding(bound.result, proof)],
        combination(backend, bound),
    )


def _binding(result: Result, proof: Proof) -> Sequence[tuple[int, ...]]:
    if proof.binding is None or not isinstance(result, SealedResult):
        return [_NO_POINT] * 4
    return [g1(p) for p in (result.commitment, proof.binding.y, proof.binding.p, proof.binding.pi)]


def g1(point: bytes) -> tuple[int, ...]:
    """x, y."""
    return tuple(int.from_bytes(point[i : i + 32], "big") for i in (0, 32))


def g2(point: bytes) -> tuple[int, ...]:
    """x1, x0, y1, y0."""
    return tuple(int.from_bytes(point[i : i + 32], "big") for i in (0, 32, 64, 96))
