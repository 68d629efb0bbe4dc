"""The chain away for a while, and a deadline that passes while the market itself is away."""

import time

import pytest

from marketplace.platform.chain import development_account
from tests.chaos.stage import ODD_NODE, Stage
from tests.e2e.market import wait_until

pytestmark = pytest.mark.timeout(600)

SHORT_DEADLINE_SECONDS = 35
"""The market takes no order with less than 30 seconds."""


def test_while_the_chain_is_away_the_outbox_waits_and_then_the_job_settles(stage: Stage) -> None:
    market, before = stage.market, stage.market.money()
    job_id = market.order()
    wait_until(lambda: set(stage.tasks(job_id, "prove")) == {"DONE"}, "all second answers", seconds=150)
    market.supervisor.stop("chain")
    outbox = (
        "SELECT state, block_number, last_problem FROM chain_chaintransaction "
        "WHERE job_id = %s AND kind LIKE 'settle%%'"
    )
    market.wait_for_state(job_id, "VERIFIED")
    wait_until(lambda: [row for row in market.rows(outbox, job_id) if row[2]], "a try to send that failed")
    (waiting,) = market.rows(outbox, job_id)
    assert waiting[0] in ("QUEUED", "SENT")
    assert waiting[1] is None
    assert market.job(job_id)["state"] == "VERIFIED"
    market.start_services()
    market.wait_for_state(job_id, "SETTLED")
    stage.assert_paid_once(job_id, before)


def test_after_the_deadline_anybody_expires_the_job_and_everything_is_given_back(stage: Stage) -> None:
    market, before = stage.market, stage.market.money()
    with stage.odd_node(compute="pause"):
        job_id = stage.order_with_odd_node(deadline_seconds=SHORT_DEADLINE_SECONDS)
        task_id = stage.found("paused.json", job_id)["task_id"]
        on_chain = market.reader.job(job_id)
        assert (on_chain.state.name, market.job(job_id)["state"]) == ("OPEN", "COMPUTING")
        assert market.money().escrow == before.escrow + on_chain.price
        market.kill("worker")
        assert on_chain.deadline > time.time(), "the market had not expired it itself"
        assert expire_as_a_stranger(stage, job_id) is False, "not before the deadline"
        wait_until(
            lambda: time.time() > on_chain.deadline, "the deadline", seconds=SHORT_DEADLINE_SECONDS + 5
        )
        wait_until(lambda: expire_as_a_stranger(stage, job_id), "a block after the deadline", seconds=20)
        assert market.reader.job(job_id).state.name == "EXPIRED"
        assert market.money().gained_since(before) == {}, "the refund needs no market"
        market.start_process("worker")
        market.wait_for_state(job_id, "EXPIRED")
        state = "SELECT state FROM leases_task WHERE id = %s"
        wait_until(lambda: market.rows(state, task_id) == [("CANCELLED",)], "the node's task cancelled")
        closed = "SELECT count(*) FROM leases_lease WHERE task_id = %s AND closed_at IS NULL"
        wait_until(lambda: market.rows(closed, task_id) == [(0,)], "the node told to stop")
    stage.assert_given_back(job_id, before)
    assert ODD_NODE.name in market.supervisor.process_ids()


def expire_as_a_stranger(stage: Stage, job_id: str) -> bool:
    """Market.expire by an account that is no party to anything; whether it was mined without reverting."""
    return stage.send_as(development_account(7), "Market", "expire", job_id)
