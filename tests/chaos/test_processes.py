"""The market's own processes killed in the middle of a job: it goes on after the restart, and pays once."""

import pytest

from tests.chaos.stage import Stage
from tests.e2e.market import FINAL, wait_until

pytestmark = pytest.mark.timeout(600)

ROAD = ("PLACED", "ADMITTED", "MATCHED", "OPENED", "DEALING", "COMPUTING", "PROVING", "VERIFIED")
"""Where the worker dies: as soon as the job is there or further."""


def test_a_worker_killed_at_every_state_of_the_road_finishes_the_job_and_pays_once(stage: Stage) -> None:
    market, before = stage.market, stage.market.money()
    job_id = market.order()
    died_at: list[str] = []
    for state in ROAD:

        def there(state: str = state) -> str:
            now = str(market.job(job_id)["state"])
            return now if now in ROAD[ROAD.index(state) :] + FINAL else ""

        if wait_until(there, f"{state} or later", seconds=150) in FINAL:
            break
        market.kill("worker")
        died_at.append(str(market.job(job_id)["state"]))
        market.start_process("worker")
    job = market.wait_for_state(job_id, "SETTLED")
    assert len(set(died_at)) >= 4, died_at
    assert job["attempt"] == 1, market.story(job_id)
    moves = [event["to_state"] for event in market.events(job_id) if event["from_state"] != event["to_state"]]
    assert moves == [*ROAD, "SETTLED"]
    stage.assert_paid_once(job_id, before)
    market.wait_for_receipt(job_id)


def test_a_worker_killed_while_it_puts_the_proof_together_verifies_it_after_the_restart(stage: Stage) -> None:
    market, before = stage.market, stage.market.money()
    job_id = market.order()
    wait_until(lambda: set(stage.tasks(job_id, "prove")) == {"DONE"}, "all second answers", seconds=150)
    market.kill("worker")
    assert market.job(job_id)["state"] == "PROVING", "it died before the proof was verified"
    market.start_process("worker")
    market.wait_for_state(job_id, "SETTLED")
    stage.assert_paid_once(job_id, before)


def test_a_web_server_killed_while_shares_are_dealt_and_computed_on_loses_nothing(stage: Stage) -> None:
    market, before = stage.market, stage.market.money()
    job_id = market.order()
    for state in ("DEALING", "COMPUTING", "PROVING"):
        market.wait_for_state(job_id, *ROAD[ROAD.index(state) :], "SETTLED")
        market.kill("web")
        market.start_process("web")
    job = market.wait_for_state(job_id, "SETTLED")
    assert job["attempt"] == 1, market.story(job_id)
    stage.assert_paid_once(job_id, before)
    market.wait_for_receipt(job_id)


def test_without_beat_a_job_waits_and_goes_on_when_it_is_back(stage: Stage) -> None:
    market, before = stage.market, stage.market.money()
    job_id = market.order()
    market.wait_for_state(job_id, *ROAD[ROAD.index("ADMITTED") :])
    market.kill("beat")
    wait_until(
        lambda: market.job(job_id)["state"] in ("MATCHED", *ROAD[3:], *FINAL),
        "MATCHED or later, without beat",
    )
    market.start_process("beat")
    market.wait_for_state(job_id, "SETTLED")
    stage.assert_paid_once(job_id, before)
