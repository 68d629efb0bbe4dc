"""What a party checks on the chain before it gives anything to a job.

The job must be open there with the columns, the program, the licences and the operators of the task, and
every seat's keys must be those that its operator registered. A market that made something up stops here.
"""

from __future__ import annotations

from marketplace.chain.reader import ChainReader, JobOnChain, JobState
from proofs import formats
from scheduler.agents.chain import chain_errors
from scheduler.agents.errors import AgentError, TaskRefused
from scheduler.agents.jobs import CheckedJob
from scheduler.agents.wire import Seat

__all__ = ["check_job_is_open", "check_seats"]


def check_job_is_open(reader: ChainReader, job: CheckedJob) -> JobOnChain:
    """The job on the chain; TaskRefused ``job_not_open`` or ``chain_disagrees`` unless it is this one,
    open.
    """
    with chain_errors():
        found = reader.job(job.context.job_id)
        _, now = reader.head()
    if found.state is not JobState.OPEN:
        raise TaskRefused(
            "job_not_open",
            f"On the chain the job is {found.state.name}.",
            "Open it there before work is given out.",
        )
    if now >= found.deadline:
        raise TaskRefused("job_not_open", "The job's deadline has passed on the chain.", "Let it expire.")
    expected = {
        "consumer": (found.consumer, job.order.consumer),
        "program": (found.program_id, job.order.program_id),
        "columns": (found.columns_hash, formats.to_hex(job.statement.columns_hash)),
        "rows": (found.rows, job.statement.rows),
        "outputs": (
            (found.left_count, found.right_count),
            (job.statement.left_count, job.statement.right_count),
        ),
        "visibility": (found.visibility, job.order.visibility),
        "licences": (
            [item.licence_id for item in found.inputs],
            [item.licence_id for item in job.context.inputs],
        ),
        "providers": ([item.provider for item in found.inputs], [item.owner for item in job.context.inputs]),
        "operators": ([seat.operator for seat in found.seats], [seat.operator for seat in job.context.seats]),
    }
    for name, (on_chain, in_task) in expected.items():
        if on_chain != in_task:
            raise _disagrees(
                f"the job's {name} on the chain ({on_chain}) are not those of the task ({in_task})"
            )
    return found


def check_seats(reader: ChainReader, job: CheckedJob) -> None:
    """TaskRefused ``chain_disagrees`` unless each seat's node is registered with these keys and active."""
    for seat in job.context.seats:
        _check_seat(reader, seat)


def _check_seat(reader: ChainReader, seat: Seat) -> None:
    try:
        with chain_errors():
            node = reader.node(seat.node_id)
    except AgentError as error:
        if error.code == "chain_unreachable":
            raise
        raise _disagrees(f"the node of seat {seat.seat} is not in the registry ({error.detail})") from None
    for name, on_chain, in_task in (
        ("operator", node.operator, seat.operator),
        ("signer", node.signer, seat.signer),
        ("sealing key", node.sealing_key, seat.sealing_key),
    ):
        if on_chain != in_task:
            raise _disagrees(
                f"the {name} of seat {seat.seat} is {on_chain} on the chain, {in_task} in the task"
            )


def _disagrees(detail: str) -> TaskRefused:
    return TaskRefused(
        "chain_disagrees",
        detail[0].upper() + detail[1:] + ".",
        "The market must follow what the chain recorded.",
    )
