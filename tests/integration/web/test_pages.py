"""The public pages, in both languages, with and without anything to show."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from marketplace.catalogue.models import Dataset
from marketplace.licences.models import Licence
from marketplace.orders.models import Job
from scheduler.nodes.models import Node
from tests.integration.web.conftest import TRANSACTION

pytestmark = pytest.mark.django_db

LISTS = ("/", "/datasets", "/licences", "/jobs", "/nodes")
UNKNOWN = "0x" + "00" * 32


class Parts(HTMLParser):
    """What a page loads, and what in it a strict policy would block."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.inline: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag in ("script", "img", "iframe") and found.get("src"):
            self.loaded.append(str(found["src"]))
        if tag == "link":
            self.loaded.append(str(found.get("href")))
        if tag == "style" or (tag == "script" and not found.get("src")):
            self.inline.append(tag)
        self.inline += [name for name in found if name == "style" or name.startswith("on")]


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return str(answer.content.decode())


def every_path(dataset: Dataset, licence: Licence, job: Job) -> list[str]:
    return [
        *LISTS,
        f"/datasets/{dataset.dataset_id}",
        f"/licences/{licence.licence_id}",
        f"/jobs/{job.job_id}",
        f"/jobs/{job.job_id}/live",
        f"/jobs/{job.job_id}/receipt",
    ]


@pytest.mark.parametrize("path", LISTS)
def test_an_empty_market_has_pages_too(english: Client, path: str) -> None:
    assert "<h1>" in page(english, path)


def test_every_page_speaks_both_languages(
    english: Client, chinese: Client, dataset: Dataset, licence: Licence, settled_job: Job
) -> None:
    for path in every_path(dataset, licence, settled_job):
        if path.endswith("/live"):
            continue
        assert '<html lang="en">' in page(english, path)
        assert '<html lang="zh-hans">' in page(chinese, path)
        assert "数据集" in page(chinese, path), path


def test_a_visitor_changes_the_language_without_script(english: Client) -> None:
    answer = english.post("/i18n/setlang/", {"language": "zh-hans", "next": "/datasets"})
    assert (answer.status_code, answer["Location"]) == (302, "/datasets")
    assert "数据集" in page(english, "/datasets")


def test_every_page_has_a_strict_policy_and_keeps_to_it(
    english: Client, dataset: Dataset, licence: Licence, settled_job: Job
) -> None:
    for path in every_path(dataset, licence, settled_job):
        answer = english.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        parts = Parts(answer.content.decode())
        assert parts.inline == [], path
        assert all(address.startswith("/static/") for address in parts.loaded), parts.loaded


def test_what_pages_load_is_there_and_asks_nobody_else(english: Client) -> None:
    for address in (*Parts(page(english, "/")).loaded, "/static/web/live.js"):
        found = finders.find(address.removeprefix("/static/"))
        assert found, address
        with open(str(found)) as file:
            assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", file.read())


def test_a_dataset_shows_its_columns_and_commitments_and_no_values(english: Client, dataset: Dataset) -> None:
    shown = page(english, f"/datasets/{dataset.dataset_id}")
    assert dataset.columns_hash in shown
    assert ">age<" in shown
    assert "development setup" in shown


def test_a_licence_shows_its_quantities(english: Client, licence: Licence) -> None:
    shown = page(english, f"/licences/{licence.licence_id}")
    assert licence.terms_hash in shown
    assert re.search(r'<th scope="row">Runs</th>.*?<td class="number">3</td>', shown, re.DOTALL)


def test_a_running_job_refreshes_itself_with_and_without_script(english: Client, job: Job) -> None:
    shown = page(english, f"/jobs/{job.job_id}")
    assert f'data-live="/jobs/{job.job_id}/live"' in shown
    assert 'data-final="false"' in shown
    assert '<noscript><meta http-equiv="refresh"' in shown
    assert "live.js" in shown


def test_a_settled_job_shows_its_whole_way_and_rests(
    english: Client, settled_job: Job, seated_node: Node
) -> None:
    shown = page(english, f"/jobs/{settled_job.job_id}")
    assert 'data-final="true"' in shown
    assert "live.js" not in shown
    assert shown.count("stage-done") == 9
    assert "Market.startDealing" in shown
    assert f"/jobs/{settled_job.job_id}/receipt" in shown
    assert seated_node.region in shown


def test_a_failed_job_names_the_reason_and_escapes_it(english: Client, failed_job: Job) -> None:
    shown = page(english, f"/jobs/{failed_job.job_id}")
    assert "node_fault" in shown
    assert "<script>alert" not in shown
    assert "&lt;script&gt;" in shown


def test_a_receipt_can_be_taken_away_and_checked(english: Client, settled_job: Job) -> None:
    shown = page(english, f"/jobs/{settled_job.job_id}/receipt")
    name = f"receipt-{settled_job.job_id[2:10]}.json"
    assert f"hengsuan verify {name}" in shown
    assert TRANSACTION in shown
    file = english.get(f"/jobs/{settled_job.job_id}/receipt.json")
    assert json.loads(file.content) == {"format": "test"}
    assert file.headers["Content-Disposition"] == f'attachment; filename="{name}"'


def test_an_unsettled_job_has_no_receipt(english: Client, job: Job) -> None:
    assert english.get(f"/jobs/{job.job_id}/receipt").status_code == 404


@pytest.mark.parametrize("path", ["/datasets/{}", "/licences/{}", "/jobs/{}", "/jobs/{}/live", "/nope"])
def test_what_is_not_there_is_not_found(english: Client, path: str) -> None:
    assert english.get(path.format(UNKNOWN)).status_code == 404


def test_a_long_list_has_pages_and_a_wrong_number_shows_the_nearest(
    english: Client, settled_job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marketplace.web.views.ROWS_PER_PAGE", 1)
    Node.objects.create(**{**_fields(Node.objects.get()), "node_id": "0x" + "ce" * 32})
    assert "?page=2" in page(english, "/nodes")
    assert "?page=1" in page(english, "/nodes?page=99")


def test_pages_ask_the_database_a_fixed_number_of_times(
    english: Client, settled_job: Job, django_assert_max_num_queries: object
) -> None:
    for path in (*LISTS, f"/jobs/{settled_job.job_id}"):
        with django_assert_max_num_queries(16):  # type: ignore[operator]
            page(english, path)


def _fields(node: Node) -> dict[str, object]:
    names = ("party", "operator", "signer", "sealing_key", "tier", "region", "fee_per_job", "state")
    return {**{name: getattr(node, name) for name in names}, "registration": {}, "capabilities": {}}
