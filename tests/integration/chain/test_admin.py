"""The operator looks at the chain's records and changes none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from marketplace.accounts.models import User
from marketplace.chain.models import ChainTransaction
from marketplace.chain.outbox import Outbox
from marketplace.chain.runtime import indexer_current

pytestmark = pytest.mark.django_db(transaction=True)

MODELS = (
    "chaintransaction",
    "signedtransaction",
    "chainevent",
    "checkpoint",
    "indexedblock",
    "signeraccount",
)


@pytest.fixture
def operator_client(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("operator", password="for this test"))
    return client


def test_every_record_can_be_looked_at_and_none_changed(
    operator_client: Client, enqueue_mint: Callable[..., ChainTransaction], make_outbox: Callable[..., Outbox]
) -> None:
    enqueue_mint()
    make_outbox().run()
    indexer_current().run()
    for model in MODELS:
        base = f"/admin/chain/{model}/"
        listing = operator_client.get(base)
        assert listing.status_code == 200, model
        assert operator_client.get(f"{base}add/").status_code == 403, model
        first: Any = listing.context["cl"].result_list[0]
        shown = operator_client.get(f"{base}{first.pk}/change/".replace(":", "_3A"))
        assert shown.status_code == 200, model
        assert b'name="_save"' not in shown.content, model


def test_a_transaction_is_found_by_hash_and_an_event_by_its_arguments(
    operator_client: Client,
    enqueue_mint: Callable[..., ChainTransaction],
    make_outbox: Callable[..., Outbox],
    stranger: Any,
) -> None:
    wish = enqueue_mint()
    make_outbox().run()
    indexer_current().run()
    wish.refresh_from_db()
    found = operator_client.get("/admin/chain/chaintransaction/", {"q": wish.tx_hash})
    assert found.context["cl"].result_count == 1
    found = operator_client.get("/admin/chain/chainevent/", {"q": stranger.address})
    assert {event.name for event in found.context["cl"].result_list} >= {"Transfer"}
