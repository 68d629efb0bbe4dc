"""Events of a job reach the servers of those who may see it: signed, and repeated until taken."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from marketplace.orders.models import Job
from marketplace.orders.transitions import job_event_append
from marketplace.webhooks.domain import MAX_TRIES
from marketplace.webhooks.models import DeliveryState, UnannouncedEvent, Webhook, WebhookDelivery
from marketplace.webhooks.services import deliveries_claim, events_announce
from marketplace.webhooks.tasks import deliver, forget_old
from tests.integration.webhooks.conftest import Receiver
from tests.support.cast import Actor, problem


def register(actor: Actor, url: str, **body: Any) -> dict[str, Any]:
    response = actor.post("/webhooks", {"url": url, **body})
    assert response.status_code == 201, response.content
    document: dict[str, Any] = json.loads(response.content)
    return document


def run_once() -> None:
    """What beat does: announce, claim, send."""
    events_announce()
    for delivery_id in deliveries_claim():
        deliver(str(delivery_id))


def make_due() -> None:
    WebhookDelivery.objects.update(due_at=timezone.now() - timedelta(seconds=1))


def test_an_event_arrives_signed_as_the_receiver_can_check(
    receiver: Receiver, consumer: Actor, job: Job
) -> None:
    secret = register(consumer, receiver.url)["secret"]
    job_event_append(job=job, kind="node_lost", detail={"seat": 2})
    run_once()
    headers, body = receiver.requests[-1]
    message = json.loads(body)
    assert (message["type"], message["job_id"], message["kind"]) == ("job_event", job.job_id, "node_lost")
    assert message["detail"] == {"seat": 2}
    signed = f"{headers['Webhook-Id']}.{headers['Webhook-Timestamp']}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["Webhook-Signature"] == f"v1,{expected}"
    assert headers["Host"].startswith("localhost:")
    assert not UnannouncedEvent.objects.exists()


def test_only_parties_to_the_job_are_told_and_only_the_kinds_they_want(
    receiver: Receiver, consumer: Actor, owner: Actor, outsider: Actor, job: Job
) -> None:
    for actor, path, kinds in (
        (consumer, "&c", ["settled"]),
        (owner, "&o", ["node_lost"]),
        (outsider, "&x", []),
    ):
        register(actor, receiver.url + path, kinds=kinds)
    job_event_append(job=job, kind="node_lost")
    run_once()
    told = WebhookDelivery.objects.exclude(event__kind="placed").values_list(
        "webhook__party__name", "event__kind"
    )
    assert list(told) == [("owner", "node_lost")]


def test_an_event_that_is_rolled_back_is_never_told(receiver: Receiver, consumer: Actor, job: Job) -> None:
    register(consumer, receiver.url)
    run_once()
    receiver.requests.clear()
    with transaction.atomic():
        job_event_append(job=job, kind="node_lost")
        transaction.set_rollback(True)
    run_once()
    assert receiver.requests == []


def test_a_failing_server_is_tried_again_with_the_same_message_and_then_given_up(
    receiver: Receiver, consumer: Actor, job: Job
) -> None:
    register(consumer, receiver.url, kinds=["node_lost"])
    receiver.status = 302
    job_event_append(job=job, kind="node_lost")
    run_once()
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.tries, delivery.last_status) == (DeliveryState.WAITING, 1, 302)
    assert timedelta(seconds=3) < delivery.due_at - timezone.now() <= timedelta(seconds=5)
    run_once()
    assert len(receiver.requests) == 1
    for _ in range(MAX_TRIES):
        make_due()
        run_once()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.tries, len(receiver.requests)) == (
        DeliveryState.GIVEN_UP,
        MAX_TRIES,
        MAX_TRIES,
    )
    assert len({headers["Webhook-Id"] for headers, _ in receiver.requests}) == 1


def test_a_server_that_is_gone_is_an_error_in_the_log_and_a_replay_brings_the_message(
    receiver: Receiver, consumer: Actor, job: Job
) -> None:
    webhook_id = register(consumer, "http://127.0.0.1:1/", kinds=["node_lost"])["webhook_id"]
    job_event_append(job=job, kind="node_lost")
    run_once()
    (entry,) = json.loads(consumer.get(f"/webhooks/{webhook_id}/deliveries").content)["items"]
    assert (entry["state"], entry["tries"]) == ("WAITING", 1)
    assert entry["last_error"].startswith("ConnectError")
    Webhook.objects.update(url=receiver.url)
    path = f"/webhooks/{webhook_id}/deliveries/{entry['delivery_id']}/replay"
    assert consumer.post(path, {}).status_code == 202
    run_once()
    assert WebhookDelivery.objects.get().state == DeliveryState.DELIVERED
    assert receiver.requests[0][0]["Webhook-Id"] == entry["delivery_id"]


def test_a_worker_killed_in_a_try_leaves_the_delivery_to_a_later_sweep(
    receiver: Receiver, consumer: Actor, job: Job
) -> None:
    register(consumer, receiver.url, kinds=["node_lost"])
    job_event_append(job=job, kind="node_lost")
    events_announce()
    assert len(deliveries_claim()) == 1
    assert deliveries_claim() == []  # claimed; its worker dies here
    make_due()
    run_once()
    assert len(receiver.requests) == 1


def test_a_webhook_that_only_fails_is_switched_off_and_a_new_secret_switches_it_on(
    receiver: Receiver, consumer: Actor, job: Job
) -> None:
    registered = register(consumer, receiver.url, kinds=["node_lost"])
    receiver.status = 500
    for _ in range(5):
        job_event_append(job=job, kind="node_lost")
        events_announce()
        WebhookDelivery.objects.update(tries=MAX_TRIES - 1)
        run_once()
    path = f"/webhooks/{registered['webhook_id']}"
    assert json.loads(consumer.get(path).content)["is_active"] is False
    rotated = json.loads(consumer.post(f"{path}/secret", {}).content)
    assert rotated["is_active"] is True
    assert rotated["secret"] != registered["secret"]


def test_a_test_message_can_be_asked_for(receiver: Receiver, consumer: Actor) -> None:
    webhook_id = register(consumer, receiver.url)["webhook_id"]
    assert consumer.post(f"/webhooks/{webhook_id}/test", {}).status_code == 202
    run_once()
    assert json.loads(receiver.requests[0][1])["type"] == "test"


def test_webhooks_of_others_do_not_exist(receiver: Receiver, consumer: Actor, outsider: Actor) -> None:
    webhook_id = register(consumer, receiver.url)["webhook_id"]
    path = f"/webhooks/{webhook_id}"
    for answer in (
        outsider.get(path),
        outsider.call("DELETE", path),
        outsider.post(f"{path}/secret", {}),
        outsider.post(f"{path}/test", {}),
        outsider.get(f"{path}/deliveries"),
    ):
        problem(answer, 404, "webhook_unknown")
    assert json.loads(outsider.get("/webhooks").content)["items"] == []
    assert consumer.call("DELETE", path).status_code == 204
    problem(consumer.get(path), 404, "webhook_unknown")


def test_the_same_address_and_more_than_ten_are_refused(receiver: Receiver, consumer: Actor) -> None:
    register(consumer, receiver.url)
    problem(consumer.post("/webhooks", {"url": receiver.url}), 409, "webhook_exists")
    for number in range(9):
        register(consumer, f"{receiver.url}&{number}")
    problem(consumer.post("/webhooks", {"url": f"{receiver.url}&more"}), 409, "webhooks_too_many")


@pytest.mark.parametrize(
    "url",
    [
        "http://203.0.113.5/",
        "https://127.0.0.1/",
        "https://10.0.0.8/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://[fd00::1]/",
        "https://0/",
        "https://2130706433/",
        "https://localhost/",
        "https://user:password@93.184.216.34/",
        "https://93.184.216.34:99999/",
        "https://does-not-exist.invalid/",
    ],
)
def test_addresses_inside_are_refused(consumer: Actor, url: str) -> None:
    response = consumer.post("/webhooks", {"url": url})
    assert response.status_code == 422
    assert json.loads(response.content)["code"] in ("webhook_address_refused", "request_invalid")


def test_a_name_that_later_points_inside_is_not_followed(
    receiver: Receiver, consumer: Actor, settings: Any
) -> None:
    """The name was public when it was registered; what counts is where it points when the message is sent."""
    webhook_id = register(consumer, receiver.url)["webhook_id"]
    settings.WEBHOOK_ALLOW_PRIVATE = False
    Webhook.objects.update(url=receiver.url.replace("http:", "https:"))
    consumer.post(f"/webhooks/{webhook_id}/test", {})
    run_once()
    assert receiver.requests == []
    assert "not a public address" in WebhookDelivery.objects.get().last_error


def test_deliveries_are_forgotten_after_thirty_days(receiver: Receiver, consumer: Actor) -> None:
    webhook_id = register(consumer, receiver.url)["webhook_id"]
    for _ in range(2):
        consumer.post(f"/webhooks/{webhook_id}/test", {})
        run_once()
    newest = WebhookDelivery.objects.first()
    assert newest is not None
    WebhookDelivery.objects.filter(id=newest.id).update(created_at=timezone.now() - timedelta(days=31))
    forget_old()
    assert WebhookDelivery.objects.count() == 1
