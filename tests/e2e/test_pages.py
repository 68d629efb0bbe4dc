"""The pages of a settled job, as a browser gets them from the running web server."""

import httpx
import pytest

from tests.e2e.market import Market

pytestmark = pytest.mark.timeout(600)


@pytest.mark.parametrize(
    "path",
    ["", "datasets", "licences", "jobs", "nodes", "jobs/{job}", "jobs/{job}/live", "jobs/{job}/receipt"],
)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_page_answers_in_both_languages(market: Market, path: str, language: str) -> None:
    answer = get(market, path.format(job=market.main_job_id), language)
    assert answer.status_code == 200
    assert "<html" in answer.text or path.endswith("live")


@pytest.mark.parametrize("path", ["jobs/{job}", "jobs/{job}/live", "jobs"])
def test_the_pages_of_the_job_show_that_it_is_settled(market: Market, path: str) -> None:
    answer = get(market, path.format(job=market.main_job_id), "en")
    assert "settled" in answer.text.lower()
    assert market.main_job_id[:10] in answer.text


def test_the_receipt_can_be_downloaded_as_the_consumer_got_it(market: Market) -> None:
    answer = get(market, f"jobs/{market.main_job_id}/receipt.json", "en")
    assert answer.json() == market.consumer.client.receipt(market.main_job_id)


def test_a_job_that_does_not_exist_is_a_page_with_404(market: Market) -> None:
    assert get(market, "jobs/0x" + "00" * 32, "en").status_code == 404


def get(market: Market, path: str, language: str) -> httpx.Response:
    headers = {"Accept-Language": language, "Accept": "text/html"}
    return httpx.get(f"{market.url}/{path}", headers=headers, timeout=30, trust_env=False)
