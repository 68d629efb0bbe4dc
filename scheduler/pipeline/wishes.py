"""The pipeline's wishes on the chain. Each has one dedupe key: a repeated step wishes nothing twice."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from marketplace.chain.conf import chain_reader
from marketplace.chain.encoding import text_to_bytes32
from marketplace.chain.models import ChainTransaction
from marketplace.chain.services import transaction_enqueue
from marketplace.orders.models import Job
from marketplace.signing.eip712 import Order, TypedMessage
from proofs.backend import get_backend
from proofs.inner_product import scalar_bytes
from proofs.proof import Proof
from proofs.statement import BoundStatement, PublicResult, SealedResult

__all__ = [
    "MINED_STATES",
    "g1",
    "g2",
    "market_fee_bps",
    "wish",
    "wish_expire",
    "wish_fail",
    "wish_open",
    "wish_reseat",
    "wish_settle",
    "wish_start_dealing",
]

MINED_STATES = (ChainTransaction.State.MINED, ChainTransaction.State.FINAL)


def market_fee_bps() -> int:
    """The market's fee as the contract takes it now. Raises ChainUnreachable."""
    return int(chain_reader().call("Market", "feeBps"))


def wish(job: Job, name: str) -> ChainTransaction | None:
    """The job's wish of this name, if there is one."""
    return ChainTransaction.objects.filter(dedupe_key=f"{name}/{job.job_id}").first()


def wish_open(job: Job, node_ids: list[str]) -> ChainTransaction:
    order = Order.from_json(job.order)
    return _wish(job, "open", "open", [_struct(order), job.signature, node_ids])


def wish_start_dealing(job: Job) -> ChainTransaction:
    return _wish(job, "start-dealing", "startDealing", [job.job_id])


def wish_reseat(job: Job, attempt: int, node_ids: list[str]) -> ChainTransaction:
    return _wish(job, f"reseat-{attempt}", "reseat", [job.job_id, node_ids])


def wish_fail(job: Job, reason_code: str) -> ChainTransaction:
    return _wish(job, "fail", "fail", [job.job_id, text_to_bytes32(reason_code)])


def wish_expire(job: Job, number: int) -> ChainTransaction:
    """The contract refuses until its newest block is past the deadline; each try has a number."""
    return _wish(job, f"expire-{number}", "expire", [job.job_id])


def wish_settle(job: Job, bound: BoundStatement, proof: Proof) -> ChainTransaction:
    """The proof with everything that the contract checks it against."""
    columns = [g1(column) for column in bound.statement.columns]
    core = [g1(proof.a), g2(proof.b), g1(proof.c)]
    combined = _combination(bound)
    name = f"settle-{job.attempt}"
    if isinstance(bound.result, PublicResult):
        outputs = list(bound.result.outputs)
        return _wish(job, name, "settlePublic", [job.job_id, columns, outputs, core, combined])
    assert isinstance(bound.result, SealedResult)
    assert proof.binding is not None
    points = (bound.result.commitment, proof.binding.y, proof.binding.p, proof.binding.pi)
    sealed = [*core, *map(g1, points)]
    return _wish(job, name, "settleSealed", [job.job_id, columns, sealed, combined])


def _wish(job: Job, name: str, function: str, arguments: list[Any]) -> ChainTransaction:
    return transaction_enqueue(
        kind=name,
        dedupe_key=f"{name}/{job.job_id}",
        contract="Market",
        function=function,
        arguments=arguments,
        job=job,
    )


def _combination(bound: BoundStatement) -> list[list[int]]:
    """[Σ l_a F_a, Σ r_b F_b]: the contract checks them by one random combination."""
    backend = get_backend()
    points = b"".join(bound.statement.columns)
    return [
        g1(backend.g1_msm(points, b"".join(map(scalar_bytes, weights))))
        for weights in (bound.weights.left, bound.weights.right)
    ]


def g1(point: bytes) -> list[int]:
    """A point as the contracts' struct G1."""
    return [int.from_bytes(point[i : i + 32], "big") for i in (0, 32)]


def g2(point: bytes) -> list[int]:
    """A point as the contracts' struct G2."""
    return [int.from_bytes(point[i : i + 32], "big") for i in (0, 32, 64, 96)]


def _struct(message: TypedMessage) -> list[Any]:
    """Fields in order, nested messages as lists."""
    return [_argument(getattr(message, item.name)) for item in fields(message)]


def _argument(value: Any) -> Any:
    if isinstance(value, TypedMessage):
        return _struct(value)
    if isinstance(value, tuple):
        return [_argument(item) for item in value]
    return value
