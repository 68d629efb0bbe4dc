"""A provider downloads a signed statement of every use; its reader checks it against the chain alone."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from eth_account.signers.local import LocalAccount

from marketplace.chain.deploy import Deployer
from marketplace.chain.deployment import Deployment
from marketplace.licences.statement import UsageStatement
from marketplace.orders.models import Job
from marketplace.platform.cli import main
from marketplace.signing.canonical import document_hash
from marketplace.signing.eip712 import Eip712Domain
from tests.integration.chain.small_market import SmallMarket
from tests.support.cast import problem

MARKET_ROLE = 3
QUANTITY = [1, 6, 9]
Send = Callable[..., Any]


@pytest.fixture
def send(
    small_market: SmallMarket,
    make_deployer: Callable[[Path], Deployer],
    deployed: Path,
    deployment: Deployment,
    signer: LocalAccount,
) -> Send:
    """Calls contracts as the market's key, which plays a market here."""
    deployer = make_deployer(deployed)
    deployer.send(deployment, "MarketAccess", "grantRole", MARKET_ROLE, signer.address, 0)
    return lambda contract, function, *arguments: deployer.send(deployment, contract, function, *arguments)


@pytest.fixture
def used(small_market: SmallMarket, send: Send) -> Job:
    """A job that consumed one run of each licence."""
    return use(small_market, send)


def use(small: SmallMarket, send: Send) -> Job:
    job = small.place_order()
    order = job.order
    ids = [licence.licence_id for licence in small.licences]
    for licence_id in ids:
        send(
            "LicenceLedger",
            "reserve",
            job.job_id,
            licence_id,
            order["consumer"],
            job.program_id,
            0b11,
            QUANTITY,
        )
    send(
        "LicenceLedger", "consume", job.job_id, QUANTITY[2], [[licence_id, QUANTITY[1]] for licence_id in ids]
    )
    small.catch_up()
    return job


@pytest.fixture
def statement(
    small_market: SmallMarket, used: Job, settings: LazySettings, signer: LocalAccount, tmp_path: Path
) -> Any:
    """As the owner downloads it."""
    key_file = tmp_path / "signer"
    key_file.write_text("0x" + bytes(signer.key).hex())
    settings.CHAIN_SIGNER_KEY_FILE = str(key_file)
    response = small_market.owner.get("/usage-statement")
    assert response.status_code == 200, response.content
    return json.loads(response.content)


@pytest.fixture
def verify(tmp_path: Path, chain_url: str) -> Callable[..., int]:
    def run(document: Any, *, with_chain: bool = True) -> int:
        path = tmp_path / "statement.json"
        path.write_text(json.dumps(document))
        return main(["verify-statement", str(path), *(["--rpc", chain_url] if with_chain else [])])

    return run


def test_every_use_of_the_provider_stands_in_it_with_its_event(
    small_market: SmallMarket, used: Job, statement: Any, verify: Callable[..., int]
) -> None:
    [line] = statement["statement"]["uses"]
    own = small_market.licences[0].licence_id
    assert (line["licence_id"], line["job_id"], line["purpose"]) == (own, used.job_id, "research")
    assert (line["runs"], line["cells"], line["outputs"]) == ("1", "6", "9")
    assert statement["statement"]["licences"] == {own: {"runs": "1", "cells": "6", "outputs": "9"}}
    assert verify(statement) == 0
    assert verify(statement, with_chain=False) == 0


def test_only_connectors_get_one(small_market: SmallMarket) -> None:
    problem(small_market.consumer.get("/usage-statement"), 403, "party_kind_wrong")


def test_what_was_changed_after_the_signature_is_found_offline(
    statement: Any, verify: Callable[..., int]
) -> None:
    for change in (
        lambda s: s["statement"]["uses"][0].update(purpose="audit"),
        lambda s: s["statement"]["uses"][0].update(colour="blue"),
        lambda s: s["statement"]["uses"].append(s["statement"]["uses"][0]),
        lambda s: s["statement"]["uses"].clear(),
        lambda s: s["statement"].update(up_to_block=1),
        lambda s: s["statement"].update(format="other"),
        lambda s: s.update(signer="0x" + "00" * 20),
        lambda s: s.pop("signature"),
    ):
        changed = copy.deepcopy(statement)
        change(changed)
        assert verify(changed, with_chain=False) == 1


def signed_again(statement: Any, account: LocalAccount, domains: dict[str, Eip712Domain]) -> Any:
    """As a market would hand it out that lies about what it signs."""
    content = statement["statement"]
    message = UsageStatement(content["provider"], document_hash(content), content["issued_at"])
    signature = message.sign(domains["LicenceLedger"], bytes(account.key))
    return {"statement": content, "signer": account.address, "signature": signature}


@pytest.mark.parametrize(
    "change",
    [
        {"transaction_hash": "0x" + "12" * 32},
        {"log_index": 999},
        {"block_number": 1},
        {"job_id": "0x" + "34" * 32},
    ],
)
def test_a_lie_that_the_market_signed_is_found_on_the_chain(
    statement: Any,
    signer: LocalAccount,
    domains: dict[str, Eip712Domain],
    verify: Callable[..., int],
    change: dict[str, Any],
) -> None:
    statement["statement"]["uses"][0].update(change)
    lie = signed_again(statement, signer, domains)
    assert verify(lie, with_chain=False) == 0
    assert verify(lie) == 1


def test_a_use_that_was_left_out_is_found_on_the_chain(
    small_market: SmallMarket,
    send: Send,
    statement: Any,
    signer: LocalAccount,
    domains: dict[str, Eip712Domain],
    verify: Callable[..., int],
    used: Job,
) -> None:
    use(small_market, send)
    assert verify(statement) == 0
    newer = json.loads(small_market.owner.get("/usage-statement").content)
    assert verify(newer) == 0
    statement["statement"]["up_to_block"] = newer["statement"]["up_to_block"]
    assert verify(signed_again(statement, signer, domains)) == 1


def test_a_statement_of_another_key_than_the_markets_is_found_on_the_chain(
    statement: Any, stranger: LocalAccount, domains: dict[str, Eip712Domain], verify: Callable[..., int]
) -> None:
    assert verify(signed_again(statement, stranger, domains)) == 1
