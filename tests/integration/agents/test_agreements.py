"""Both sides negotiate through the market with their own tools, and believe nothing that it cannot show."""

from __future__ import annotations

import argparse
import copy
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from marketplace.chain.models import ChainTransaction
from marketplace.licences.models import Licence
from marketplace.licences.negotiation import Act
from marketplace.licences.odrl import to_odrl
from marketplace.signing.canonical import document_hash
from marketplace.signing.eip712 import GrantLicence
from proofs import formats
from proofs.statement import Program
from scheduler.agents.agreement_commands import add_agreement_commands, run_agreement_command
from scheduler.agents.agreements import Negotiation
from scheduler.agents.configuration import PartyConfig
from scheduler.agents.connector.datasets import DatasetStore
from scheduler.agents.connector.licensing import Licensing
from scheduler.agents.errors import ConfigurationError, ResultError
from scheduler.agents.messages import Speech
from scheduler.agents.session import Session
from tests.support.market import Market

from .test_against_the_market import connector_of

Homes = Callable[[str, str], PartyConfig]
Opened = Callable[[str, PartyConfig], Session]
Run = Callable[..., list[dict[str, Any]]]

pytestmark = pytest.mark.django_db(transaction=True)


class Sides:
    """A connector and a consumer, each with the commands of its own."""

    def __init__(
        self, homes: Homes, opened: Opened, folder: Path, capture: pytest.CaptureFixture[str]
    ) -> None:
        config = connector_of(homes("shop", "connector"))
        self.shop, self.lab = opened("connector", config), opened("consumer", homes("lab", "consumer"))
        datasets = DatasetStore(self.shop, config, now=time.time)
        self.record = datasets.publish(config.datasets[0])
        self.licensing = Licensing(self.shop, now=time.time)
        self.folder, self.capture = folder, capture
        keep = self.licensing.keep
        self.provider = Negotiation(
            self.shop, now=time.time, keep=lambda g, t: keep(g, t, datasets.record(g.dataset_id))
        )
        self.consumer = Negotiation(self.lab, now=time.time)

    def grant(self, terms: dict[str, Any], **changes: Any) -> GrantLicence:
        setup_id = formats.from_hex(self.record["setup_id"], "setup")
        now = int(time.time())
        fields: dict[str, Any] = {
            "provider": self.shop.keys.address,
            "consumer": self.lab.keys.address,
            "dataset_id": self.record["dataset_id"],
            "terms_hash": document_hash(terms),
            "program_ids": (formats.to_hex(Program(setup_id).program_id),),
            "columns": 0b11,
            "runs": 3,
            "cells": 100,
            "outputs": 100,
            "not_before": now - 60,
            "not_after": now + 3600,
            "price_per_run": 10,
            "salt": 0,
            "deadline": 0,
        }
        return GrantLicence(**fields | changes)

    def file(self, document: Any) -> str:
        path = self.folder / "licence.json"
        path.write_text(json.dumps(document))
        return str(path)

    def run(self, side: str, *words: str) -> list[dict[str, Any]]:
        """A command as typed; what it prints as JSON."""
        parser = argparse.ArgumentParser()
        add_agreement_commands(parser.add_subparsers(dest="command"), is_provider=side == "provider")
        options = parser.parse_args([*words, "--json"])
        self.capture.readouterr()
        assert run_agreement_command(options, getattr(self, side), Speech("zh"))
        found: list[dict[str, Any]] = json.loads(self.capture.readouterr().out)
        return found


@pytest.fixture
def sides(
    homes: Homes, opened: Opened, market: Market, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Sides:
    return Sides(homes, opened, tmp_path, capsys)


TERMS = {"version": 1, "purposes": ["research"], "windows": [{"seconds": 60, "runs": 1}]}


def test_an_odrl_offer_is_countered_accepted_and_kept_by_the_connector(sides: Sides) -> None:
    policy = to_odrl(sides.grant(TERMS), TERMS, licence_id="0x00")
    [offered] = sides.run("provider", "offer", sides.file(policy))
    assert offered["state"] == "OFFERED"
    counter = {"grant": sides.grant(TERMS, runs=5).to_json(), "terms": TERMS}
    [countered] = sides.run("consumer", "propose", offered["agreement_id"], sides.file(counter))
    assert countered["state"] == "COUNTERED"
    [agreed] = sides.run("provider", "accept", offered["agreement_id"])
    assert agreed["state"] == "AGREED"
    assert ChainTransaction.objects.filter(function="grant").count() == 1
    licence = Licence.objects.get()
    assert (licence.licence_id, licence.runs_granted) == (agreed["licence_id"], 5)
    own = sides.licensing.own(licence.licence_id)
    assert own.terms.purposes == {"research"}
    assert [one["state"] for one in sides.run("consumer", "agreements")] == ["AGREED"]
    [suspended] = sides.run("provider", "suspend", offered["agreement_id"])
    assert suspended["state"] == "SUSPENDED"
    [resumed] = sides.run("provider", "resume", offered["agreement_id"])
    assert resumed["state"] == "AGREED"


def test_a_history_that_the_market_changed_is_not_acted_on(sides: Sides) -> None:
    content = {"grant": sides.grant(TERMS).to_json(), "terms": TERMS}
    [offered] = sides.run("provider", "offer", sides.file(content))
    honest = sides.lab.client.agreement(offered["agreement_id"])
    for change in (
        lambda a: a["steps"][0]["content"]["grant"].update(runs=9),
        lambda a: a["steps"].clear(),
        lambda a: a.update(state="AGREED"),
        lambda a: a.update(head="0x" + "00" * 32),
        lambda a: a.update(licence_id="0x" + "00" * 32),
        lambda a: a.update(consumer=a["provider"]),
        lambda a: a["steps"][0].update(signature="0x" + "11" * 64 + "1b"),
    ):
        forged = copy.deepcopy(honest)
        change(forged)
        sides.lab.client.agreement = lambda _, forged=forged: forged  # type: ignore[misc]  # the market lies
        with pytest.raises(ResultError) as caught:
            sides.consumer.accept(offered["agreement_id"])
        assert caught.value.code == "agreement_broken"


@pytest.mark.parametrize(
    "document",
    [
        [],
        {"grant": {}},
        {"@context": "other"},
        {"grant": {"provider": 1}, "terms": {"version": 1}},
    ],
)
def test_a_file_that_is_no_licence_is_refused_before_anything_is_sent(sides: Sides, document: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        sides.run("provider", "offer", sides.file(document))
    assert caught.value.code == "licence_file_refused"


def test_a_provider_signs_no_terms_that_its_own_connector_cannot_read(sides: Sides) -> None:
    terms = {"version": 1, "colour": "blue"}
    content = {"grant": sides.grant(terms).to_json(), "terms": terms}
    with pytest.raises(ConfigurationError, match="colour"):
        sides.run("provider", "offer", sides.file(content))
    assert sides.provider.all() == []


def test_a_consumer_declines(sides: Sides) -> None:
    content = {"grant": sides.grant(TERMS).to_json(), "terms": TERMS}
    [offered] = sides.run("provider", "offer", sides.file(content))
    assert sides.consumer.act(offered["agreement_id"], Act.DECLINE)["state"] == "DECLINED"
