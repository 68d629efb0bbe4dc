"""The second start on the same folder: it keeps everything and makes nothing anew."""

import json

import pytest

from tests.e2e.market import Market

pytestmark = pytest.mark.timeout(600)


def test_a_second_start_keeps_the_job_its_receipt_and_its_events(market: Market) -> None:
    assert market.job(market.main_job_id)["state"] == "SETTLED"
    kept = json.loads((market.demo / "receipt.json").read_text(encoding="utf-8"))
    assert market.consumer.client.receipt(market.main_job_id) == kept
    assert market.events(market.main_job_id)[-1]["to_state"] == "SETTLED"


def test_a_second_start_makes_no_setup_and_prepares_in_less_time_than_the_first(market: Market) -> None:
    assert "development setup" in market.first.output
    assert "development setup" not in market.said.getvalue()
    assert market.seconds_to_start < market.first.seconds


def test_a_second_start_deploys_and_registers_nothing_again(market: Market) -> None:
    """Parties find what they registered before; nothing waits in the outbox, nothing was refused."""
    registrations = market.rows(
        "SELECT kind, count(*) FROM chain_chaintransaction "
        "WHERE kind IN ('dataset_register', 'licence_grant', 'register_node') GROUP BY kind"
    )
    tables = ("catalogue_dataset", "nodes_node", "licences_licence")
    stored = sum(int(market.rows(f"SELECT count(*) FROM {table}")[0][0]) for table in tables)
    assert sum(count for _, count in registrations) == stored
    assert (
        market.rows("SELECT kind FROM chain_chaintransaction WHERE state = 'REVERTED' AND job_id IS NULL")
        == []
    )
    deployment = json.loads((market.installation.var / "chain" / "deployment.json").read_text())
    assert str(market.reader.addresses["Market"]) in json.dumps(deployment)
