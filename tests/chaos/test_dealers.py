"""A provider whose shares are not of the data that it committed to."""

import pytest

from tests.chaos.stage import ODD_DEALER, Stage

pytestmark = pytest.mark.timeout(600)


def test_a_dealer_whose_shares_do_not_open_its_commitment_is_named_and_everything_is_given_back(
    stage: Stage,
) -> None:
    market, before = stage.market, stage.market.money()
    with stage.odd_dealer(deal="other_data"):
        job_id = market.order()
        job = market.wait_for_state(job_id, "FAILED")
    assert job["reason_code"] == "dealer_at_fault", market.story(job_id)
    dealer = str(market.session(ODD_DEALER.name).enrolment.party_id)
    faults = "SELECT DISTINCT party_id::text, role FROM pipeline_fault WHERE job_id = %s"
    assert market.rows(faults, job_id) == [(dealer, "dealer")]
    (decided,) = market.events(job_id, "failure_decided")
    assert dealer in str(decided["detail"])
    stage.assert_given_back(job_id, before)
