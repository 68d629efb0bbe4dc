"""``Contribution`` signatures of others: what a party checks before it believes what the market hands it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marketplace.signing.canonical import document_hash
from marketplace.signing.eip712 import Contribution
from marketplace.signing.errors import SigningError
from scheduler.agents.chain import Deployment
from scheduler.agents.errors import TaskRefused
from scheduler.agents.jobs import CheckedJob

__all__ = ["ROUND_1", "ROUND_2", "ROUND_BLAME", "ROUND_COMMITMENTS", "ROUND_OPENING", "signed_content"]

ROUND_1, ROUND_2, ROUND_COMMITMENTS, ROUND_BLAME, ROUND_OPENING = 1, 2, 3, 4, 5


def signed_content(
    deployment: Deployment,
    job: CheckedJob,
    entry: Any,
    name: str,
    *,
    round_number: int,
    seat: int,
    signer: str,
    code: str,
) -> Any:
    """``entry[name]``, if ``entry["signature"]`` is the signer's for it in this job, attempt, round and seat.

    Raises TaskRefused with ``code`` otherwise.
    """
    what = f"{name} of {f'seat {seat}' if seat else signer}"
    if not isinstance(entry, Mapping) or not {name, "signature"} <= entry.keys():
        raise TaskRefused(code, f"The {what} is not given with its signature.")
    context = job.context
    try:
        message = Contribution(
            context.job_id, context.attempt, round_number, seat, document_hash(entry[name])
        )
        found = message.recover(deployment.domain("Market"), entry["signature"])
    except SigningError as error:
        raise TaskRefused(code, f"The {what}: {error}") from None
    if found != signer:
        raise TaskRefused(code, f"The {what} is signed by {found}, not by {signer}.")
    return entry[name]
