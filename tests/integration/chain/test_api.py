"""`/chain`, `/deposits`, `/balances`, `/transactions` as parties call them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from eth_account import Account

from marketplace.chain.deployment import Deployment
from marketplace.chain.models import ChainTransaction
from marketplace.chain.reader import ChainReader
from tests.integration.chain.small_market import CREDIT, LICENCE_PRICE, NODE_FEE, SmallMarket
from tests.support.cast import Actor, problem
from tests.support.market import HOUR, now

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("broker_url")]


def permit(reader: ChainReader, owner: Actor, amount: int, deadline: int | None = None) -> dict[str, Any]:
    """The body of `POST /deposits`."""
    deadline = deadline or now() + HOUR
    typed = reader.permit_typed_data(owner.address, amount, deadline)
    signed = Account.sign_typed_data(bytes(owner.keys.eth.key), full_message=typed)
    signature = {"v": signed.v, "r": f"0x{signed.r:064x}", "s": f"0x{signed.s:064x}"}
    return {"owner": owner.address, "amount": str(amount), "deadline": deadline, "signature": signature}


def test_anyone_learns_what_to_sign_for(reader: ChainReader) -> None:
    answer = Client().get("/api/v1/chain")
    assert answer.status_code == 200
    document = answer.json()
    assert document["contracts"] == reader.addresses
    assert document["eip712"] == {"name": "Hengsuan", "version": "1"}
    assert "rpc_url" not in document


def test_the_chains_address_is_told_only_where_it_is_public(
    deployment: Deployment, settings: LazySettings
) -> None:
    settings.CHAIN_PUBLIC_RPC_URL = "https://rpc.example"
    assert Client().get("/api/v1/chain").json()["rpc_url"] == "https://rpc.example"


def test_before_a_deployment_the_chain_is_unavailable(
    transactional_db: None, settings: LazySettings, tmp_path: Any
) -> None:
    settings.CHAIN_DEPLOYMENT_FILE = tmp_path / "none.json"
    answer = Client().get("/api/v1/chain")
    assert answer.json()["code"] == "deployment_missing"
    assert answer.status_code == 503


def test_a_permit_becomes_credit(
    consumer: Actor, reader: ChainReader, enqueue_mint: Any, catch_up: Callable[[], None]
) -> None:
    enqueue_mint(to=consumer.address, amount=500)
    catch_up()
    answer = consumer.post("/deposits", permit(reader, consumer, 200), idempotency_key="one")
    assert answer.status_code == 202
    catch_up()
    transaction_id = json.loads(answer.content)["transaction_id"]
    assert consumer.get(f"/transactions/{transaction_id}").json()["state"] == "FINAL"  # type: ignore[attr-defined]
    balances = consumer.get(f"/balances/{consumer.address}").json()  # type: ignore[attr-defined]
    assert balances == {"balance": "200", "escrow": "0", "token": "300"}


def test_the_same_permit_twice_is_one_deposit(consumer: Actor, reader: ChainReader) -> None:
    body = permit(reader, consumer, 200)
    for key in ("one", "two"):
        assert consumer.post("/deposits", body, idempotency_key=key).status_code == 202
    assert ChainTransaction.objects.filter(kind="deposit").count() == 1


def test_a_permit_that_the_token_refuses_says_so(
    consumer: Actor, reader: ChainReader, catch_up: Callable[[], None]
) -> None:
    answer = consumer.post("/deposits", permit(reader, consumer, 200), idempotency_key="one")
    catch_up()
    transaction_id = json.loads(answer.content)["transaction_id"]
    told = consumer.get(f"/transactions/{transaction_id}").json()  # type: ignore[attr-defined]
    assert (told["state"], told["error_code"]) == ("REVERTED", "chain_erc20_insufficient_balance")


def test_another_ones_permit_is_refused(consumer: Actor, owner: Actor, reader: ChainReader) -> None:
    body = permit(reader, consumer, 200)
    problem(owner.post("/deposits", body, idempotency_key="one"), 403, "deposit_not_yours")


def test_an_old_permit_is_refused(consumer: Actor, reader: ChainReader) -> None:
    body = permit(reader, consumer, 200, deadline=now() - 1)
    problem(consumer.post("/deposits", body, idempotency_key="one"), 422, "deposit_expired")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("owner", "0x" + "ab" * 20),
        ("amount", "0"),
        ("amount", "1.5"),
        ("amount", "x5"),
        ("amount", str(2**256)),
        ("deadline", "soon"),
        ("signature", {"v": 26, "r": "0x" + "00" * 32, "s": "0x" + "00" * 32}),
        ("signature", {"v": 27, "r": "0x00", "s": "0x" + "00" * 32}),
    ],
)
def test_a_malformed_deposit_is_refused(consumer: Actor, reader: ChainReader, field: str, value: Any) -> None:
    body = {**permit(reader, consumer, 200), field: value}
    document = problem(consumer.post("/deposits", body, idempotency_key="one"), 422, "request_invalid")
    assert document["errors"][0]["path"].startswith(field)


def test_an_open_jobs_price_is_escrow(small_market: SmallMarket) -> None:
    small_market.open_job()
    price = 2 * LICENCE_PRICE + 3 * NODE_FEE
    consumer = small_market.consumer
    balances = consumer.get(f"/balances/{consumer.address}").json()  # type: ignore[attr-defined]
    assert (balances["escrow"], balances["balance"]) == (str(price), str(CREDIT - price))


def test_an_address_is_written_with_its_checksum(consumer: Actor, deployment: Deployment) -> None:
    problem(consumer.get(f"/balances/{consumer.address.lower()}"), 404, "not_found")


def test_without_a_chain_balances_are_unavailable(
    consumer: Actor, deployment: Deployment, settings: LazySettings
) -> None:
    settings.ETH_RPC_URL = "http://127.0.0.1:9"
    problem(consumer.get(f"/balances/{consumer.address}"), 503, "chain_unreachable")


def test_strangers_see_no_balances(consumer: Actor, deployment: Deployment) -> None:
    answer = Client().get(f"/api/v1/balances/{consumer.address}")
    assert (answer.status_code, answer.json()["code"]) == (401, "signature_missing")
