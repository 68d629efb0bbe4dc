"""Registering nodes: signed by the operator, bound to the party's keys, put on the chain once."""

from __future__ import annotations

from typing import Any

import pytest
from eth_account import Account
from eth_utils.crypto import keccak

from marketplace.accounts.models import PartyKind
from marketplace.chain.models import ChainTransaction
from marketplace.chain.reader import encode_call
from scheduler.nodes.errors import NodeExists, NodeUnknown, RegistrationInvalid
from scheduler.nodes.models import Availability, Node, NodeState
from scheduler.nodes.selectors import is_draining
from scheduler.nodes.services import node_availability_set, node_mark_registered, node_register

pytestmark = pytest.mark.django_db

CAPABILITIES = {"capacities": [16], "backend": "native", "cores": 2, "memory_bytes": 10**9}
OPERATOR = Account.from_key(keccak(text="operator of nodes"))


@pytest.fixture
def member(market: Any) -> Any:
    return market.enrol("node-1", PartyKind.NODE)


def register(market: Any, member: Any, *, signer: Any = OPERATOR, **changes: Any) -> Node:
    message = market.node_message(member, **{"operator": OPERATOR.address, **changes})
    return node_register(
        party=member.party,
        registration=message.to_json(),
        signature=message.sign(market.domain("NodeRegistry"), signer.key),
        capabilities=CAPABILITIES,
    )


def test_a_registration_is_kept_and_wished_on_the_chain(market: Any, member: Any) -> None:
    node = register(market, member)
    assert (node.state, node.region, node.operator) == (NodeState.SUBMITTED, "cn-east", OPERATOR.address)
    wish = ChainTransaction.objects.get()
    assert encode_call(wish.contract, wish.function, wish.arguments)


def test_the_same_registration_again_is_the_same_node(market: Any, member: Any) -> None:
    fixed = {"deadline": 2**40}
    assert register(market, member, **fixed).pk == register(market, member, **fixed).pk
    assert ChainTransaction.objects.count() == 1


def test_the_index_registers_it_once(market: Any, member: Any) -> None:
    node = register(market, member)
    for _ in range(2):
        node_mark_registered(node_id=node.node_id)
    node.refresh_from_db()
    assert node.state == NodeState.REGISTERED
    node_mark_registered(node_id="0x" + "00" * 32)


@pytest.mark.parametrize(
    "changes",
    [
        {"signer": Account.from_key(keccak(text="stranger"))},
        {"sealing_key": "0x" + "11" * 32},
        {"deadline": 1},
        {"tier": 3},
        {"fee": 2**96},
        {"region": "0x" + "00" * 32},
        {"region": "0x" + "ff" * 32},
    ],
    ids=["signature", "sealing key", "deadline", "tier", "fee", "no region", "binary region"],
)
def test_a_wrong_registration_is_refused_and_nothing_is_kept(
    changes: dict[str, Any], market: Any, member: Any
) -> None:
    with pytest.raises(RegistrationInvalid):
        register(market, member, **changes)
    assert (Node.objects.count(), ChainTransaction.objects.count()) == (0, 0)


def test_only_a_nodes_party_registers_nodes(market: Any) -> None:
    connector = market.enrol("bank", PartyKind.CONNECTOR)
    with pytest.raises(RegistrationInvalid):
        register(market, connector)


def test_another_party_cannot_take_a_node_over(market: Any, member: Any) -> None:
    node = register(market, member, deadline=2**40)
    Node.objects.filter(pk=node.pk).update(party=market.enrol("node-2", PartyKind.NODE).party)
    with pytest.raises(NodeExists):
        register(market, member, deadline=2**40)


def test_availability_is_its_own_partys_word(market: Any, member: Any) -> None:
    node = register(market, member)
    stranger = market.enrol("node-2", PartyKind.NODE).party
    with pytest.raises(NodeUnknown):
        node_availability_set(party=stranger, node_id=node.node_id, availability=Availability.OFFLINE)
    assert not is_draining(member.party.id)
    node_availability_set(party=member.party, node_id=node.node_id, availability=Availability.DRAINING)
    assert is_draining(member.party.id)
    assert not is_draining(stranger.id), "a party without nodes does not drain"
