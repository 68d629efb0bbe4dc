"""The lease loop against a real HTTP server: heartbeats, cancellation, outages, refusals, stopping."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from scheduler.agents.client import MarketClient
from scheduler.agents.errors import IngestError, TaskRefused
from scheduler.agents.leases import LeaseLoop, Work, WorkAbandoned
from scheduler.agents.transport import Backoff
from scheduler.agents.wire import Lease

from .conftest import Answer, LocalMarket, Request

LEASE = {
    "lease_id": "l1",
    "task_id": "t1",
    "kind": "compute",
    "job_id": "0x1",
    "attempt": 1,
    "seat": 2,
    "fencing_token": 7,
    "expires_at": "2030-01-01T00:00:00Z",
    "payload": {"n": 1},
}
ALIVE = Answer(200, {"expires_at": "2030-01-01T00:00:00Z", "action": "continue"})
NOTHING = Answer(204)


def loop_with(
    client: MarketClient, handler: Callable[[Lease, Work], Mapping[str, Any]], **more: Any
) -> LeaseLoop:
    options: dict[str, Any] = {"heartbeat_seconds": 0.02, "wait_seconds": 1, "backoff": quick()} | more
    return LeaseLoop(client=client, handlers={"compute": handler}, **options)


def quick() -> Backoff:
    return Backoff(base_seconds=0.01, cap_seconds=0.05)


def serve_one_lease(market: LocalMarket) -> None:
    market.on("POST", "/leases", Answer(200, LEASE), NOTHING)
    market.on("POST", "/leases/l1/heartbeat", ALIVE)
    market.on("POST", "/leases/l1/finish", Answer(200, {}))
    market.on("POST", "/leases/l1/fail", Answer(200, {}))


def sent(market: LocalMarket, path: str) -> list[Request]:
    return [request for request in market.requests if request.path.endswith(path)]


def test_a_result_is_handed_in_with_the_fencing_token(market: LocalMarket, client: MarketClient) -> None:
    serve_one_lease(market)
    assert loop_with(client, lambda lease, work: {"answer": lease.payload["n"]}).run(max_tasks=1) == 1
    assert sent(market, "/finish")[0].json == {"fencing_token": 7, "result": {"answer": 1}}


def test_heartbeats_carry_progress_while_the_handler_works(market: LocalMarket, client: MarketClient) -> None:
    serve_one_lease(market)

    def handler(lease: Lease, work: Work) -> dict[str, Any]:
        work.progress(0.5, "halfway")
        while not sent(market, "/heartbeat"):
            time.sleep(0.005)
        return {}

    loop_with(client, handler).run(max_tasks=1)
    assert sent(market, "/heartbeat")[0].json == {"fencing_token": 7, "progress": 0.5, "note": "halfway"}


def test_a_cancelled_task_stops_at_its_next_checkpoint_and_hands_nothing_in(
    market: LocalMarket, client: MarketClient
) -> None:
    serve_one_lease(market)
    market.on(
        "POST",
        "/leases/l1/heartbeat",
        Answer(200, {"expires_at": "2030-01-01T00:00:00Z", "action": "cancel"}),
    )
    reasons = []

    def handler(lease: Lease, work: Work) -> dict[str, Any]:
        try:
            while True:
                work.checkpoint()
                time.sleep(0.005)
        except WorkAbandoned as abandoned:
            reasons.append(abandoned.reason)
            raise

    loop_with(client, handler).run(max_tasks=1)
    assert reasons == ["cancelled"]
    assert not sent(market, "/finish")
    assert not sent(market, "/fail")


def test_a_lost_lease_stops_the_work(market: LocalMarket, client: MarketClient) -> None:
    serve_one_lease(market)
    market.on("POST", "/leases/l1/heartbeat", Answer(409, {"code": "lease_lost"}))

    def handler(lease: Lease, work: Work) -> dict[str, Any]:
        while True:
            work.checkpoint()
            time.sleep(0.005)

    loop_with(client, handler).run(max_tasks=1)
    assert not sent(market, "/finish")


def test_a_missed_heartbeat_does_not_stop_the_work(market: LocalMarket, client: MarketClient) -> None:
    serve_one_lease(market)
    market.on("POST", "/leases/l1/heartbeat", Answer(503), ALIVE)

    def handler(lease: Lease, work: Work) -> dict[str, Any]:
        while len(sent(market, "/heartbeat")) < 2:
            work.checkpoint()
            time.sleep(0.005)
        return {}

    loop_with(client, handler).run(max_tasks=1)
    assert sent(market, "/finish")


def test_a_result_that_comes_too_late_is_dropped_and_the_loop_goes_on(
    market: LocalMarket, client: MarketClient
) -> None:
    serve_one_lease(market)
    market.on("POST", "/leases", Answer(200, LEASE))
    market.on("POST", "/leases/l1/finish", Answer(409, {"code": "lease_lost"}), Answer(200, {}))
    assert loop_with(client, lambda lease, work: {}).run(max_tasks=2) == 2


def test_a_refusal_is_reported_with_code_and_evidence(market: LocalMarket, client: MarketClient) -> None:
    serve_one_lease(market)

    def handler(lease: Lease, work: Work) -> dict[str, Any]:
        raise TaskRefused("licence_refused", "purpose is not allowed", evidence={"clause": "purpose"})

    loop_with(client, handler).run(max_tasks=1)
    assert sent(market, "/fail")[0].json == {
        "fencing_token": 7,
        "code": "licence_refused",
        "detail": "purpose is not allowed",
        "evidence": {"clause": "purpose"},
    }


def test_a_typed_error_is_reported_with_its_code(market: LocalMarket, client: MarketClient) -> None:
    serve_one_lease(market)

    def handler(lease: Lease, work: Work) -> dict[str, Any]:
        raise IngestError("value_out_of_range", "row 3")

    loop_with(client, handler).run(max_tasks=1)
    assert sent(market, "/fail")[0].json["code"] == "value_out_of_range"


def test_a_broken_handler_tells_the_market_no_more_than_the_kind_of_error(
    market: LocalMarket, client: MarketClient
) -> None:
    serve_one_lease(market)

    def handler(lease: Lease, work: Work) -> dict[str, Any]:
        raise ZeroDivisionError("share 1234")

    loop_with(client, handler).run(max_tasks=1)
    body = sent(market, "/fail")[0].json
    assert body["code"] == "internal_error"
    assert "1234" not in body["detail"]


def test_a_rejected_result_gives_the_task_back(market: LocalMarket, client: MarketClient) -> None:
    serve_one_lease(market)
    market.on(
        "POST", "/leases/l1/finish", Answer(422, {"code": "contribution_malformed", "detail": "bad point"})
    )
    loop_with(client, lambda lease, work: {}).run(max_tasks=1)
    assert sent(market, "/fail")[0].json["code"] == "result_rejected"


def test_the_loop_outlives_an_outage_of_the_market(market: LocalMarket, client: MarketClient) -> None:
    serve_one_lease(market)
    outage = [Answer(503)] * 6
    market.on("POST", "/leases", *outage, Answer(401, {"code": "party_inactive"}), Answer(200, LEASE))
    loop = loop_with(
        client, lambda lease, work: {}, backoff=Backoff(0.001, 0.002, uniform=lambda a, b: 0.001)
    )
    assert loop.run(max_tasks=1) == 1


def test_a_stop_while_working_lets_the_work_finish_and_takes_no_new_lease(
    market: LocalMarket, client: MarketClient
) -> None:
    serve_one_lease(market)
    market.on("POST", "/leases", Answer(200, LEASE))

    def handler(lease: Lease, work: Work) -> dict[str, Any]:
        loop.request_stop()
        work.checkpoint()
        return {}

    loop = loop_with(client, handler)
    assert loop.run() == 1
    assert len(sent(market, "/finish")) == 1


def test_work_that_outlasts_the_drain_time_is_released(market: LocalMarket, client: MarketClient) -> None:
    serve_one_lease(market)

    def handler(lease: Lease, work: Work) -> dict[str, Any]:
        loop.request_stop()
        while True:
            work.checkpoint()
            time.sleep(0.005)

    loop = loop_with(client, handler, drain_seconds=0.05)
    loop.run()
    assert sent(market, "/fail")[0].json["code"] == "released"


def test_an_idle_poll_is_dropped_when_the_process_is_told_to_stop(
    market: LocalMarket, client: MarketClient
) -> None:
    import os
    import signal

    release = threading.Event()

    def hold(request: Request) -> Answer:
        release.wait(10)
        return NOTHING

    market.on("POST", "/leases", hold)
    loop = loop_with(client, lambda lease, work: {})
    previous = signal.signal(signal.SIGTERM, lambda *_: loop.request_stop())
    timer = threading.Timer(0.1, lambda: os.kill(os.getpid(), signal.SIGTERM))
    timer.start()
    try:
        started = time.monotonic()
        assert loop.run() == 0
        assert time.monotonic() - started < 5
    finally:
        release.set()
        timer.join()
        signal.signal(signal.SIGTERM, previous)


def test_drain_finishes_the_work_in_hand_and_ends_the_loop(market: LocalMarket, client: MarketClient) -> None:
    serve_one_lease(market)
    market.on("POST", "/leases", Answer(200, LEASE))
    market.on(
        "POST", "/leases/l1/heartbeat", Answer(200, {"expires_at": "2030-01-01T00:00:00Z", "action": "drain"})
    )

    def handler(lease: Lease, work: Work) -> dict[str, Any]:
        while not sent(market, "/heartbeat"):
            time.sleep(0.005)
        return {}

    assert loop_with(client, handler).run() == 1
    assert sent(market, "/finish")
