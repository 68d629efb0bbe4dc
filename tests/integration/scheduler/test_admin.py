"""The operator's pages over the scheduler: they open, and what parties signed cannot be changed there."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from scheduler.leases.models import Lease
from scheduler.leases.services import lease_take
from scheduler.nodes.models import Availability, Node
from scheduler.pipeline.models import Seat

pytestmark = pytest.mark.django_db


@pytest.fixture
def busy_market(market: Any, placed_job: Any, make_task: Any) -> Any:
    member = market.add_node("node-1")
    make_task(member.party, seat=1)
    assert lease_take(party=member.party, kinds=["compute"])
    Seat.objects.create(job=placed_job, attempt=1, seat=1, node=member.node)
    return market


@pytest.mark.parametrize(
    "page",
    [
        "nodes/node",
        "leases/task",
        "leases/lease",
        "leases/blob",
        "pipeline/seat",
        "pipeline/matchround",
        "pipeline/matchdecision",
        "pipeline/proofrecord",
        "pipeline/fault",
    ],
)
def test_every_list_opens(page: str, busy_market: Any, admin_client: Client) -> None:
    assert admin_client.get(f"/admin/{page}/").status_code == 200
    assert admin_client.get(f"/admin/{page}/?q=x").status_code == 200


def test_a_lease_is_only_read(busy_market: Any, admin_client: Client) -> None:
    lease = Lease.objects.get()
    assert admin_client.get(f"/admin/leases/lease/{lease.pk}/change/").status_code == 200
    assert admin_client.post(f"/admin/leases/lease/{lease.pk}/change/", {"progress": 1}).status_code == 403
    assert admin_client.post(f"/admin/leases/lease/{lease.pk}/delete/", {"post": "yes"}).status_code == 403


def test_the_operator_can_take_a_node_out_of_service(busy_market: Any, admin_client: Client) -> None:
    node = Node.objects.get()
    answer = admin_client.post(
        f"/admin/nodes/node/{node.pk}/change/", {"availability": Availability.DRAINING}
    )
    assert answer.status_code == 302
    node.refresh_from_db()
    assert node.availability == Availability.DRAINING
