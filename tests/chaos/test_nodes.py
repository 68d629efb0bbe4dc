"""Nodes that die or lie: the job goes on with others or ends, and no wrong proof settles."""

import pytest

from tests.chaos.stage import ODD_NODE, SPARE, Stage
from tests.e2e.market import wait_until

pytestmark = pytest.mark.timeout(600)

STAKE = 40_000 * 10**18


def test_a_node_killed_while_proving_goes_on_where_it_was_once_it_is_back(stage: Stage) -> None:
    market, before = stage.market, stage.market.money()
    with stage.odd_node(prove="pause"):
        job_id = stage.order_with_odd_node()
        task_id = stage.found("paused.json", job_id)["task_id"]
        market.kill(ODD_NODE.name)
    stage.start_node()
    job = market.wait_for_state(job_id, "SETTLED")
    assert job["attempt"] == 1, market.story(job_id)
    leases = market.rows("SELECT closed_at IS NULL FROM leases_lease WHERE task_id = %s", task_id)
    assert leases == [(False,), (False,)], "the first lease expired, the second one was answered"
    assert market.rows("SELECT losses, state FROM leases_task WHERE id = %s", task_id) == [(1, "DONE")]
    stage.assert_paid_once(job_id, before)


def test_a_node_killed_while_computing_that_stays_away_is_replaced_and_asked_in_public(stage: Stage) -> None:
    market, before = stage.market, stage.market.money()
    stage.bond_node(STAKE)
    with stage.odd_node(compute="pause"):
        job_id = stage.order_with_odd_node()
        stage.found("paused.json", job_id)
        market.kill(ODD_NODE.name)
    try:
        job = market.wait_for_state(job_id, "SETTLED")
    finally:
        stage.start_node()
    assert job["attempt"] == 2, market.story(job_id)
    (lost,) = market.events(job_id, "seats_lost")
    assert [(seat["node_id"], seat["code"]) for seat in lost["detail"]["seats"]] == [
        (stage.node_id, "party_lost")
    ]
    assert stage.node_id in stage.seats(job_id, 1)
    assert stage.node_id not in stage.seats(job_id, 2)
    stage.assert_paid_once(job_id, before)
    asked = (
        "SELECT state IN ('MINED', 'FINAL') FROM chain_chaintransaction WHERE job_id = %s AND kind = 'demand'"
    )
    wait_until(lambda: market.rows(asked, job_id) == [(True,)], "the demand on the chain")
    forfeit = "SELECT arguments FROM chain_chaintransaction WHERE job_id = %s AND kind = 'forfeit'"
    (((demand_id,),),) = market.rows(forfeit, job_id)
    demand = market.reader.call("Evidence", "demand", demand_id)
    assert demand["nodeId"] == stage.node_id
    assert demand["amount"] == market.reader.call("NodeRegistry", "node", stage.node_id)["feePerJob"]


def test_a_node_with_a_wrong_result_in_its_second_answer_is_named_replaced_and_loses_its_stake(
    stage: Stage,
) -> None:
    market, before = stage.market, stage.market.money()
    stage.stake_node(STAKE)
    with stage.odd_node(prove="wrong_binding"):
        job_id = stage.order_with_odd_node()
        job = market.wait_for_state(job_id, "SETTLED")
    assert job["attempt"] == 2, market.story(job_id)
    assert market.events(job_id, "proof_rejected")
    (fault,) = market.events(job_id, "fault_found")
    party_id = str(market.session(ODD_NODE.name).enrolment.party_id)
    assert party_id in str(fault["detail"])
    named = "SELECT party_id::text, node_id, reason, role FROM pipeline_fault WHERE job_id = %s"
    assert market.rows(named, job_id) == [(party_id, stage.node_id, "binding_wrong", "node")]
    assert stage.node_id not in stage.seats(job_id, 2)
    stage.assert_paid_once(job_id, before)
    stage.assert_convicted(job_id, "accuseBinding", STAKE)


def test_a_node_that_signs_a_false_proof_of_its_own_shares_loses_its_stake(stage: Stage) -> None:
    market, before = stage.market, stage.market.money()
    stage.stake_node(STAKE)
    with stage.odd_node(prove="wrong_core", blame_prove="wrong_core"):
        job_id = stage.order_with_odd_node()
        job = market.wait_for_state(job_id, "SETTLED")
    assert job["attempt"] == 2, market.story(job_id)
    named = "SELECT node_id, reason FROM pipeline_fault WHERE job_id = %s"
    assert market.rows(named, job_id) == [(stage.node_id, "own_statement_wrong")]
    stage.assert_paid_once(job_id, before)
    stage.assert_convicted(job_id, "accuse", STAKE)


def test_a_wrong_proof_part_whose_sender_proves_its_shares_honestly_is_named_and_replaced(
    stage: Stage,
) -> None:
    market, before = stage.market, stage.market.money()
    with stage.odd_node(prove="wrong_core"):
        job_id = stage.order_with_odd_node()
        job = market.wait_for_state(job_id, "SETTLED")
    assert job["attempt"] == 2, market.story(job_id)
    (fault,) = market.events(job_id, "fault_found")
    assert (fault["detail"]["node_id"], fault["detail"]["reason"]) == (stage.node_id, "contribution_wrong")
    assert stage.node_id not in stage.seats(job_id, 2)
    stage.assert_paid_once(job_id, before)


def test_with_three_nodes_a_wrong_proof_part_names_its_sender_and_never_settles(stage: Stage) -> None:
    market, before = stage.market, stage.market.money()
    with stage.odd_node(prove="wrong_core"), market.benched(SPARE):
        job_id = market.order()
        job = market.wait_for_state(job_id, "FAILED")
    assert job["reason_code"] == "node_at_fault", market.story(job_id)
    (decided,) = market.events(job_id, "failure_decided")
    assert decided["detail"]["reason_detail"]["node_id"] == stage.node_id
    named = "SELECT node_id, reason, role FROM pipeline_fault WHERE job_id = %s"
    assert market.rows(named, job_id) == [(stage.node_id, "contribution_wrong", "node")]
    settled = "SELECT 1 FROM chain_chaintransaction WHERE job_id = %s AND kind LIKE 'settle%%'"
    assert market.rows(settled, job_id) == []
    stage.assert_given_back(job_id, before)


def test_a_node_that_blames_an_honest_dealer_for_its_own_lie_is_named(stage: Stage) -> None:
    market, before = stage.market, stage.market.money()
    with stage.odd_node(prove="wrong_core", blame_prove="accuse"):
        job_id = stage.order_with_odd_node()
        job = market.wait_for_state(job_id, "SETTLED")
    assert job["attempt"] == 2, market.story(job_id)
    named = "SELECT node_id, reason, role FROM pipeline_fault WHERE job_id = %s"
    assert market.rows(named, job_id) == [(stage.node_id, "accusation_false", "node")]
    assert stage.tasks(job_id, "blame_open") == ["DONE"]
    stage.assert_paid_once(job_id, before)


def test_a_malformed_point_is_refused_while_the_lease_goes_on_and_then_others_take_over(stage: Stage) -> None:
    market, before = stage.market, stage.market.money()
    with stage.odd_node(prove="off_curve"):
        job_id = stage.order_with_odd_node()
        refused = stage.found("refused.json")
        job = market.wait_for_state(job_id, "SETTLED")
    assert (refused["status"], refused["code"], refused["then"]) == (422, "point_malformed", "continue")
    assert refused["detail"]
    assert refused["remedy"]
    assert job["attempt"] == 2, market.story(job_id)
    (lost,) = market.events(job_id, "seats_lost")
    assert [(seat["node_id"], seat["code"]) for seat in lost["detail"]["seats"]] == [
        (stage.node_id, "result_rejected")
    ]
    stage.assert_paid_once(job_id, before)
