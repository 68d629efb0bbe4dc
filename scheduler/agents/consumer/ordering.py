"""From an order file to a signed order: find the licences, choose columns, sign, hand in.

The signed order is kept in ``orders/<job id>.json`` before it is sent, so that a lost answer loses
nothing: the job id is the order's digest and the idempotency key.
"""

from __future__ import annotations

import functools
import secrets
import time
from collections.abc import Callable
from typing import Any

from marketplace.signing.canonical import document_hash
from marketplace.signing.eip712 import CancelOrder, Input, Order
from proofs.statement import Program
from scheduler.agents.chain import chain_errors
from scheduler.agents.consumer.config import OrderFile, OrderInput
from scheduler.agents.errors import AgentError, ConfigurationError
from scheduler.agents.logs import logger
from scheduler.agents.session import Session, hand_in, until_available

__all__ = ["build_order", "cancel_order", "place_order"]

LICENCES_EVERY_SECONDS = 2.0


def build_order(
    session: Session,
    wanted: OrderFile,
    *,
    now: Callable[[], float] = time.time,
    wait_seconds: float = 0.0,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[str, Any]:
    """The body of ``POST /orders``, with ``job_id`` beside it. Waits for licences that are on their way.

    Raises ConfigurationError ``licence_missing`` or ``setup_mixed``.
    """
    chosen = _await_licences(session, wanted, gives_up_at=now() + wait_seconds, now=now, sleep=sleep)
    details = wanted.details()
    program = _program(wanted, chosen[0][1])
    order = Order(
        consumer=session.keys.address,
        program_id="0x" + program.program_id.hex(),
        inputs=tuple(
            Input(licence_id=licence["licence_id"], columns=_bitmap(given, dataset))
            for given, (licence, dataset) in zip(wanted.inputs, chosen, strict=True)
        ),
        visibility=wanted.visibility_number,
        recipient_key=session.keys.sealing_key,
        details_hash=document_hash(details),
        max_price=wanted.max_price,
        deadline=int(now()) + wanted.deadline_seconds,
        salt=secrets.randbits(256),
    )
    domain = session.deployment.domain("Market")
    return {
        "job_id": order.digest(domain),
        "order": order.to_json(),
        "signature": order.sign(domain, session.keys.account.key),
        "details": details,
    }


def place_order(session: Session, order: dict[str, Any]) -> str:
    """Keep the order, hand it in; the job id. Handing in again changes nothing."""
    job_id = str(order["job_id"])
    name = f"orders/{job_id}.json"
    stored = session.state.create_json_once(name, order | {"is_accepted": False})
    body = {member: order[member] for member in ("order", "signature", "details")}
    hand_in(lambda: session.client.place_order(body, idempotency_key=job_id), known_as="order_exists")
    session.state.write_json(name, stored | {"is_accepted": True})
    return job_id


def cancel_order(session: Session, job_id: str) -> None:
    """Ask for the cancellation of a job whose shares are not dealt yet."""
    domain = session.deployment.domain("Market")
    signature = CancelOrder(job_id=job_id).sign(domain, session.keys.account.key)
    until_available(lambda: session.client.cancel_job(job_id, {"signature": signature}))


def _await_licences(
    session: Session,
    wanted: OrderFile,
    *,
    gives_up_at: float,
    now: Callable[[], float],
    sleep: Callable[[float], None],
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    while True:
        try:
            return _choose_licences(session, wanted, at=now())
        except ConfigurationError as error:
            if error.code != "licence_missing" or now() >= gives_up_at:
                raise
            logger().info("licence_awaited", detail=error.detail)
        sleep(LICENCES_EVERY_SECONDS)


def _choose_licences(
    session: Session, wanted: OrderFile, *, at: float
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """For each input a licence in force and its dataset."""
    licences = until_available(session.client.licences)
    held = [
        item for item in licences if item["state"] == "GRANTED" and item["consumer"] == session.keys.address
    ]
    dataset_ids = {item["dataset_id"] for item in held}
    datasets = {
        dataset_id: until_available(functools.partial(session.client.dataset, dataset_id))
        for dataset_id in dataset_ids
    }
    chosen = [_choose(session, given, wanted, held, datasets, at=at) for given in wanted.inputs]
    if len({dataset["setup_id"] for _, dataset in chosen}) != 1:
        raise ConfigurationError(
            "setup_mixed",
            "The datasets are committed under different setups.",
            "Combine datasets of one setup only.",
        )
    return chosen


def _choose(
    session: Session,
    given: OrderInput,
    wanted: OrderFile,
    held: list[dict[str, Any]],
    datasets: dict[str, dict[str, Any]],
    *,
    at: float,
) -> tuple[dict[str, Any], dict[str, Any]]:
    reasons = []
    for licence in held:
        dataset = datasets[licence["dataset_id"]]
        if given.owner not in (dataset["organisation"], dataset["owner"]):
            continue
        if given.dataset not in (dataset["title"], dataset["dataset_id"]):
            continue
        reason = _unfit(given, wanted, licence, dataset)
        reason = reason or _unfit_on_chain(session, licence["licence_id"], at)
        if reason:
            reasons.append(f"{licence['licence_id']}: {reason}")
            continue
        return licence, dataset
    raise ConfigurationError(
        "licence_missing",
        f"No licence in force for {given.dataset!r} of {given.owner} fits. {' '.join(reasons)}".rstrip(),
        "Ask the provider for a licence with these columns and this program.",
    )


def _unfit(given: OrderInput, wanted: OrderFile, licence: dict[str, Any], dataset: dict[str, Any]) -> str:
    """Why a licence does not do, in short; empty if it does. The market evaluates every clause later."""
    program_id = "0x" + _program(wanted, dataset).program_id.hex()
    if program_id not in licence["program_ids"]:
        return "another program"
    bitmap = _bitmap(given, dataset)
    if bitmap & ~int(licence["columns"]):
        return "not all columns"
    if int(licence["quantities"]["remaining"]["runs"]) < 1:
        return "no run left"
    return ""


def _unfit_on_chain(session: Session, licence_id: str, at: float) -> str:
    """The licence must stand in the ledger that this party acts on, and be valid now."""
    try:
        with chain_errors():
            found = session.reader().licence(licence_id)
    except AgentError as error:
        if error.code == "chain_unreachable":
            raise
        return "not on the chain"
    if found.consumer != session.keys.address:
        return "not on the chain"
    if not found.not_before <= at < found.not_after:
        return "not valid now"
    return "revoked on the chain" if found.is_revoked else ""


def _program(wanted: OrderFile, dataset: dict[str, Any]) -> Program:
    setup_id = bytes.fromhex(str(dataset["setup_id"]).removeprefix("0x"))
    return Program(
        setup_id=setup_id, left_count=wanted.program.left_count, right_start=wanted.program.right_start
    )


def _bitmap(given: OrderInput, dataset: dict[str, Any]) -> int:
    indexes = {column["name"]: int(column["index"]) for column in dataset["columns"]}
    bitmap = 1
    for name in given.columns:
        if indexes.get(name, 0) == 0:
            raise AgentError(
                "column_unknown",
                f"Dataset {dataset['title']!r} has no column {name!r}.",
                f"It has {', '.join(name for name, index in indexes.items() if index)}.",
            )
        bitmap |= 1 << indexes[name]
    return bitmap
