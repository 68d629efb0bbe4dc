"""A connector deals only for jobs that its own licence allows and that the chain has opened, clause by
clause.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from marketplace.chain.reader import JobState, Quantity
from proofs.keys import ProvingKey
from scheduler.agents.errors import IngestError, TaskRefused

from .conftest import Answer, LocalMarket
from .world import Connector, World, lease, work

Terms = dict[str, Any]
Spoil = Callable[[World, dict[str, Any]], None]


@pytest.fixture
def world(tmp_path: Path, market: LocalMarket, proving_key: ProvingKey) -> World:
    return World(tmp_path, market, proving_key)


def deal(world: World, context: dict[str, Any], *, name: str = "operator") -> dict[str, Any]:
    position = list(world.connectors).index(name)
    request = lease("deal", context, input_positions=[position])
    return dict(world.connectors[name].tasks.deal(request, work()))


def refusal(world: World, context: dict[str, Any]) -> TaskRefused:
    with pytest.raises(TaskRefused) as caught:
        deal(world, context)
    connector = world.connectors["operator"]
    assert not connector.session.state.names(f"deals/{context['job_id']}")
    assert not world.blobs
    return caught.value


def opened(world: World, **changes: Any) -> dict[str, Any]:
    context = world.context(world.order(**changes))
    world.open_on_chain(context)
    return context


def licence_of(world: World) -> str:
    return str(world.connectors["operator"].licence["licence_id"])


@pytest.mark.parametrize(
    ("terms", "clause"),
    [
        ({"purposes": ["credit-risk"]}, "purposes"),
        ({"counterparties": []}, "counterparties"),
        ({"recipient_keys": ["0x" + "11" * 32]}, "recipient_keys"),
        ({"visibilities": ["public"]}, "visibilities"),
        ({"smallest_group": 8}, "smallest_group"),
        ({"smallest_intersection": 8}, "smallest_intersection"),
        ({"placement": {"regions": ["cn-north"]}}, "placement"),
        ({"placement": {"tiers": ["edge"]}}, "placement"),
        ({"placement": {"min_assurance": 1}}, "placement"),
        ({"parameters": {}}, "parameters"),
        ({"windows": [{"seconds": 60, "cells": 13}]}, "windows"),
    ],
)
def test_every_clause_of_the_terms_is_checked_again(world: World, terms: Terms, clause: str) -> None:
    world.publish_and_license(**terms)
    error = refusal(world, opened(world))
    assert error.code == "licence_refused"
    assert error.evidence is not None
    assert error.evidence["clause"] == clause
    assert error.evidence["licence_id"] == licence_of(world)
    assert clause in error.detail


def test_a_column_may_stand_only_on_the_licensed_sides(world: World) -> None:
    world.publish_and_license()
    connector = world.connectors["operator"]
    spoil_record(connector, terms={"version": 1, "columns": {"spend": {"sides": ["left"]}}})
    error = refusal(world, opened(world))
    assert error.evidence is not None
    assert (error.evidence["clause"], error.evidence["column"]) == ("roles", "spend")


def test_a_0_1_column_that_selects_too_few_rows_is_refused_by_its_own_count(world: World) -> None:
    world.publish_and_license(smallest_group=4)
    context = opened(world)
    deal(world, context)
    with pytest.raises(TaskRefused) as caught:
        deal(world, context, name="bank")
    assert caught.value.evidence is not None
    assert (caught.value.evidence["clause"], caught.value.evidence["column"]) == ("smallest_group", "late")


def spoil_record(connector: Connector, **changes: Any) -> None:
    """The connector signed something else than the market says."""
    name = f"licences/{connector.licence['licence_id']}.json"
    record = connector.session.state.read_json(name)
    connector.session.state.write_json(name, record | changes)


def spoil_grant(connector: Connector, **changes: Any) -> None:
    record = connector.session.state.read_json(f"licences/{connector.licence['licence_id']}.json")
    spoil_record(connector, grant=record["grant"] | changes)


@pytest.mark.parametrize(
    ("changes", "clause"),
    [
        ({"datasetId": "0x" + "22" * 32}, "dataset"),
        ({"programIds": ["0x" + "22" * 32]}, "program"),
        ({"columns": "3"}, "columns"),
        ({"notAfter": int(time.time()) - 10}, "validity"),
        ({"notBefore": int(time.time()) + 1000}, "validity"),
    ],
)
def test_the_signed_grant_counts_and_not_what_the_market_says(
    world: World, changes: dict[str, Any], clause: str
) -> None:
    world.publish_and_license()
    context = opened(world)
    spoil_grant(world.connectors["operator"], **changes)
    error = refusal(world, context)
    assert error.evidence is not None
    assert clause in [item["clause"] for item in error.evidence["refusals"]]


def test_a_licence_that_this_provider_never_signed_is_refused(world: World) -> None:
    world.publish_and_license()
    context = opened(world)
    world.connectors["operator"].session.state.delete(f"licences/{licence_of(world)}.json")
    error = refusal(world, context)
    assert error.evidence is not None
    assert error.evidence["clause"] == "signature"


def test_a_licence_that_was_revoked_here_is_refused_before_the_chain_knows(world: World) -> None:
    world.publish_and_license()
    context = opened(world)
    world.market.on("POST", f"/licences/{licence_of(world)}/revoke", Answer(202, {}))
    world.connectors["operator"].licensing.revoke(licence_of(world))
    error = refusal(world, context)
    assert error.evidence is not None
    assert error.evidence["clause"] == "revocation"


def test_a_licence_may_let_open_jobs_finish_after_its_revocation(world: World) -> None:
    world.publish_and_license(on_revocation="finish")
    context = opened(world)
    world.chain.licences[licence_of(world)] = replace(
        world.chain.licences[licence_of(world)], is_revoked=True
    )
    deal(world, context)


def test_a_suspended_licence_is_refused_until_the_suspension_is_lifted(world: World) -> None:
    world.publish_and_license()
    context = opened(world)
    world.connectors["operator"].licensing.suspend(licence_of(world), is_suspended=True)
    error = refusal(world, context)
    assert error.evidence is not None
    assert error.evidence["clause"] == "suspension"
    world.connectors["operator"].licensing.suspend(licence_of(world), is_suspended=False)
    deal(world, context)


def test_the_connector_counts_what_it_dealt_itself(world: World) -> None:
    world.publish_and_license(windows=[{"seconds": 3600, "runs": 1}])
    first, second = opened(world), opened(world)
    deal(world, first)
    deal(world, first)
    with pytest.raises(TaskRefused) as caught:
        deal(world, second)
    assert caught.value.evidence is not None
    assert caught.value.evidence["clause"] == "windows"


@pytest.mark.parametrize(
    ("change", "clause"),
    [
        ({"is_revoked": True}, "revocation"),
        ({"terms_hash": "0x" + "33" * 32}, "signature"),
        ({"consumer": "0x" + "00" * 20}, "consumer"),
    ],
)
def test_the_chains_licence_must_be_the_signed_one_in_force(
    world: World, change: dict[str, Any], clause: str
) -> None:
    world.publish_and_license()
    context = opened(world)
    world.chain.licences[licence_of(world)] = replace(world.chain.licences[licence_of(world)], **change)
    error = refusal(world, context)
    assert error.evidence is not None
    assert error.evidence["clause"] == clause


@pytest.mark.parametrize(
    ("reserved", "clause"),
    [(Quantity(0, 99, 99), "runs"), (Quantity(1, 13, 99), "cells"), (Quantity(1, 99, 24), "outputs")],
)
def test_what_the_job_uses_must_be_reserved_on_the_chain(
    world: World, reserved: Quantity, clause: str
) -> None:
    world.publish_and_license()
    context = opened(world)
    world.chain.reserved[licence_of(world)] = reserved
    error = refusal(world, context)
    assert error.evidence is not None
    assert error.evidence["clause"] == clause


def unopened(world: World, context: dict[str, Any]) -> None:
    del world.chain.jobs[context["job_id"]]


def changed_job(**changes: Any) -> Spoil:
    def spoil(world: World, context: dict[str, Any]) -> None:
        world.chain.jobs[context["job_id"]] = replace(world.chain.jobs[context["job_id"]], **changes)

    return spoil


def changed_node(**changes: Any) -> Spoil:
    def spoil(world: World, context: dict[str, Any]) -> None:
        node_id = context["seats"][1]["node_id"]
        world.chain.nodes[node_id] = replace(world.chain.nodes[node_id], **changes)

    return spoil


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (unopened, "job_not_open"),
        (changed_job(state=JobState.SETTLED), "job_not_open"),
        (changed_job(state=JobState.CANCELLED), "job_not_open"),
        (changed_job(deadline=1), "job_not_open"),
        (changed_job(consumer="0x" + "00" * 20), "chain_disagrees"),
        (changed_job(columns_hash="0x" + "44" * 32), "chain_disagrees"),
        (changed_job(program_id="0x" + "44" * 32), "chain_disagrees"),
        (changed_job(inputs=()), "chain_disagrees"),
        (changed_job(seats=()), "chain_disagrees"),
        (changed_job(rows=8), "chain_disagrees"),
        (changed_job(left_count=1), "chain_disagrees"),
        (changed_job(visibility=0), "chain_disagrees"),
        (changed_node(sealing_key="0x" + "55" * 32), "chain_disagrees"),
        (changed_node(signer="0x" + "00" * 20), "chain_disagrees"),
        (changed_node(operator="0x" + "00" * 20), "chain_disagrees"),
    ],
)
def test_the_job_must_be_open_on_the_chain_exactly_as_the_task_says(
    world: World, spoil: Spoil, code: str
) -> None:
    world.publish_and_license()
    context = opened(world)
    spoil(world, context)
    assert refusal(world, context).code == code


def two_seats_of_one_operator(context: dict[str, Any]) -> None:
    context["seats"][1]["operator"] = context["seats"][0]["operator"]


def a_seat_of_a_party(context: dict[str, Any]) -> None:
    context["seats"][1]["operator"] = context["inputs"][1]["owner"]


def a_missing_seat(context: dict[str, Any]) -> None:
    del context["seats"][2]


def another_price(context: dict[str, Any]) -> None:
    context["order"]["maxPrice"] = "5"


def other_details(context: dict[str, Any]) -> None:
    context["details"]["purpose"] = "other"


def another_program(context: dict[str, Any]) -> None:
    context["program"]["document"]["left_count"] = 1


def another_commitment(context: dict[str, Any]) -> None:
    context["inputs"][0]["commitments"][1]["F"] = context["inputs"][0]["commitments"][2]["F"]


def another_signature(context: dict[str, Any]) -> None:
    context["order_signature"] = "0x" + "11" * 64 + "1b"


def another_chain(context: dict[str, Any]) -> None:
    context["chain_id"] = 1


def other_columns(context: dict[str, Any]) -> None:
    context["inputs"][0]["columns"] = "3"


def a_lower_threshold(context: dict[str, Any]) -> None:
    context["threshold"] = 0


@pytest.mark.parametrize(
    ("spoil", "codes"),
    [
        (two_seats_of_one_operator, {"context_invalid"}),
        (a_seat_of_a_party, {"context_invalid"}),
        (a_missing_seat, {"context_invalid"}),
        (another_price, {"context_invalid"}),
        (other_details, {"context_invalid"}),
        (another_program, {"context_invalid"}),
        (another_signature, {"context_invalid"}),
        (another_chain, {"context_invalid"}),
        (other_columns, {"context_invalid"}),
        (a_lower_threshold, {"context_invalid"}),
        (another_commitment, {"chain_disagrees"}),
    ],
)
def test_a_context_that_the_order_does_not_cover_is_refused(
    world: World, spoil: Callable[[dict[str, Any]], None], codes: set[str]
) -> None:
    world.publish_and_license()
    context = opened(world)
    spoil(context)
    assert refusal(world, context).code in codes


def test_inputs_of_another_provider_are_not_dealt(world: World) -> None:
    world.publish_and_license()
    context = opened(world)
    with pytest.raises(TaskRefused) as caught:
        world.connectors["operator"].tasks.deal(lease("deal", context, input_positions=[0, 1]), work())
    assert caught.value.code == "context_invalid"


def test_a_source_that_changed_since_it_was_committed_is_not_dealt(world: World) -> None:
    world.publish_and_license()
    context = opened(world)
    path = world.base / "operator" / "table.csv"
    path.write_text(path.read_text().replace("c3,9,", "c3,10,"))
    with pytest.raises(TaskRefused) as caught:
        deal(world, context)
    assert caught.value.code == "data_changed"


def test_a_source_that_no_longer_fits_its_schema_is_not_dealt(world: World) -> None:
    world.publish_and_license()
    context = opened(world)
    path = world.base / "operator" / "table.csv"
    path.write_text(path.read_text().replace("c3,9,", "c3,900,"))
    with pytest.raises(IngestError) as caught:
        deal(world, context)
    assert caught.value.code == "value_out_of_range"


def test_publishing_again_keeps_the_dataset_and_changed_data_make_another_one(world: World) -> None:
    world.publish_and_license()
    connector = world.connectors["operator"]
    section = connector.config.datasets[0]
    assert connector.datasets.publish(section)["dataset_id"] == connector.dataset["dataset_id"]
    path = world.base / "operator" / "table.csv"
    path.write_text(path.read_text().replace("c3,9,", "c3,10,"))
    assert connector.datasets.publish(section)["dataset_id"] != connector.dataset["dataset_id"]


def test_an_offer_is_signed_once(world: World) -> None:
    world.publish_and_license()
    before = world.connectors["operator"].licence["licence_id"]
    world.publish_and_license()
    assert world.connectors["operator"].licence["licence_id"] == before


def test_an_offer_waits_until_its_consumer_is_enrolled(world: World) -> None:
    world.parties = [party for party in world.parties if party["kind"] != "consumer"]
    with pytest.raises(AssertionError):
        world.publish_and_license()
    assert world.connectors["operator"].session.state.names("licences") == []
