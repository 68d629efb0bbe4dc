"""Calls to the market: retries, problem documents, idempotency keys, pages and blobs."""

from __future__ import annotations

import hashlib

import pytest

from scheduler.agents import errors
from scheduler.agents.client import MarketClient
from scheduler.agents.transport import Backoff, Transport

from .conftest import Answer, LocalMarket


def test_a_problem_document_becomes_a_typed_error_with_code_detail_and_remedy(
    market: LocalMarket, client: MarketClient
) -> None:
    market.on(
        "GET",
        "/jobs/0x1",
        Answer(404, {"code": "job_unknown", "detail": "No such job.", "remedy": "Check the id."}),
    )
    with pytest.raises(errors.NotFound) as caught:
        client.job("0x1")
    assert (caught.value.code, caught.value.detail, caught.value.remedy) == (
        "job_unknown",
        "No such job.",
        "Check the id.",
    )


def test_members_of_a_problem_beyond_the_standard_ones_are_kept(
    market: LocalMarket, client: MarketClient
) -> None:
    market.on(
        "POST", "/orders", Answer(422, {"code": "admission_refused", "detail": "no", "clause": "purpose"})
    )
    with pytest.raises(errors.Unprocessable) as caught:
        client.place_order({}, idempotency_key="k")
    assert caught.value.context == {"clause": "purpose"}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, errors.Unauthorised),
        (403, errors.Forbidden),
        (404, errors.NotFound),
        (409, errors.Conflict),
        (413, errors.TooLarge),
        (422, errors.Unprocessable),
        (418, errors.Problem),
    ],
)
def test_every_status_has_its_type_even_without_a_document(
    market: LocalMarket, client: MarketClient, status: int, kind: type[errors.Problem]
) -> None:
    market.on("GET", "/jobs/0x1", Answer(status, b"<html>"))
    with pytest.raises(kind) as caught:
        client.job("0x1")
    assert caught.value.code == f"http_{status}"


def test_a_server_error_is_tried_again_with_growing_waits(market: LocalMarket, transport: Transport) -> None:
    market.on("GET", "/chain", Answer(503), Answer(500), Answer(200, {"chain_id": 1, "contracts": {}}))
    assert MarketClient(transport).chain().chain_id == 1
    assert transport.sleeps == [0.25, 0.5]  # type: ignore[attr-defined]  # set by the fixture


def test_too_many_requests_waits_as_long_as_the_market_says(
    market: LocalMarket, transport: Transport
) -> None:
    market.on("GET", "/x", Answer(429, None, {"Retry-After": "3"}), Answer(200, {}))
    transport.call("GET", "/x")
    assert transport.sleeps == [3.0]  # type: ignore[attr-defined]  # set by the fixture


def test_too_many_requests_beyond_the_patience_is_an_error(market: LocalMarket, transport: Transport) -> None:
    market.on("GET", "/x", Answer(429, {"code": "rate_limited"}, {"Retry-After": "900"}))
    with pytest.raises(errors.RateLimited):
        transport.call("GET", "/x")


def test_a_market_that_is_not_there_is_reported_when_the_patience_is_used_up(market: LocalMarket) -> None:
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    transport = Transport(
        market.url, patience_seconds=3.0, clock=lambda: now[0], sleep=sleep, uniform=lambda a, b: b
    )
    market.stop()
    with pytest.raises(errors.MarketUnavailable) as caught:
        transport.call("GET", "/chain")
    assert caught.value.remedy
    assert 1.0 < now[0] <= 3.0
    transport.close()


def test_a_client_error_is_not_tried_again(market: LocalMarket, client: MarketClient) -> None:
    market.on("GET", "/jobs/0x1", Answer(422, {"code": "x"}), Answer(200, {}))
    with pytest.raises(errors.Unprocessable):
        client.job("0x1")
    assert len(market.requests) == 1


def test_every_try_is_signed_anew_and_carries_the_same_idempotency_key(market: LocalMarket) -> None:
    count = [0]

    def sign(method: str, url: str, headers: object, body: bytes) -> dict[str, str]:
        count[0] += 1
        return {"Signature": f"sig-{count[0]}"}

    transport = Transport(market.url, signer=sign, sleep=lambda _: None)
    market.on("POST", "/orders", Answer(500), Answer(202, {"job_id": "0x1"}))
    MarketClient(transport).place_order({"a": 1}, idempotency_key="key-1")
    assert [request.headers["Signature"] for request in market.requests] == ["sig-1", "sig-2"]
    assert {request.headers["Idempotency-Key"] for request in market.requests} == {"key-1"}
    transport.close()


def test_an_answer_that_is_not_json_is_malformed(market: LocalMarket, client: MarketClient) -> None:
    market.on("GET", "/chain", Answer(200, b"hello"))
    with pytest.raises(errors.MalformedDocument) as caught:
        client.chain()
    assert caught.value.code == "answer_not_json"


def test_an_answer_of_another_shape_names_the_member(market: LocalMarket, client: MarketClient) -> None:
    market.on("GET", "/chain", Answer(200, {"chain_id": "many", "contracts": {}}))
    with pytest.raises(errors.MalformedDocument, match=r"/chain\.chain_id should be a whole number"):
        client.chain()


def test_a_list_is_read_page_by_page(market: LocalMarket, client: MarketClient) -> None:
    link = f'<{market.url}/api/v1/programs?cursor=abc>; rel="next"'
    market.on(
        "GET",
        "/programs",
        Answer(200, {"items": [{"n": 1}]}, {"Link": link}),
        Answer(200, {"items": [{"n": 2}]}),
    )
    assert client.programs() == [{"n": 1}, {"n": 2}]
    assert market.paths() == ["/programs", "/programs?cursor=abc"]


def test_a_link_to_another_host_stays_with_the_market(market: LocalMarket, client: MarketClient) -> None:
    link = '<http://192.0.2.1/api/v1/programs?cursor=abc>; rel="next"'
    market.on("GET", "/programs", Answer(200, {"items": [{}]}, {"Link": link}), Answer(200, {"items": []}))
    assert client.programs() == [{}]
    assert len(market.requests) == 2


def test_a_blob_is_declared_with_size_and_hash_and_uploaded(
    market: LocalMarket, client: MarketClient
) -> None:
    market.on("POST", "/blobs", Answer(201, {"blob_id": "b1", "upload_path": "/api/v1/blobs/b1"}))
    market.on("PUT", "/blobs/b1", Answer(200, {}))
    assert client.upload_blob(b"content", purpose="share", recipient="p1") == "b1"
    declared, uploaded = market.requests
    assert declared.json == {
        "purpose": "share",
        "size": 7,
        "sha256": "0x" + hashlib.sha256(b"content").hexdigest(),
        "recipient": "p1",
    }
    assert uploaded.body == b"content"


def test_a_blob_with_another_hash_than_announced_is_corrupt(
    market: LocalMarket, client: MarketClient
) -> None:
    market.on("GET", "/blobs/b1", Answer(200, b"other"))
    with pytest.raises(errors.BlobCorrupt):
        client.download_blob("b1", sha256="0x" + hashlib.sha256(b"content").hexdigest())


def test_waits_grow_to_the_cap_and_start_over_after_a_success() -> None:
    backoff = Backoff(base_seconds=1, cap_seconds=4, uniform=lambda low, high: high)
    assert [backoff.next_seconds() for _ in range(4)] == [1, 2, 4, 4]
    backoff.reset()
    assert backoff.next_seconds() == 1
