"""Pages of lists and conditional requests."""

from __future__ import annotations

import json
import re

from django.test import Client

from tests.support.cast import Actor, actor


def test_pages_follow_one_another_by_the_link_header(owner: Actor) -> None:
    names = [f"node-{number}" for number in range(5)]
    for name in names:
        actor(name, "node", "cloud")
    path, seen, pages = "/parties?kind=node&limit=2", [], 0
    while path:
        response = owner.get(path)
        seen += [entry["name"] for entry in json.loads(response.content)["items"]]
        link = re.search(r'<https?://[^/]+/api/v1(/[^>]+)>; rel="next"', response.headers.get("Link", ""))
        path, pages = link[1] if link else "", pages + 1
    assert (seen, pages) == (names, 3)


def test_a_page_has_a_highest_size(owner: Actor) -> None:
    assert owner.get("/parties?limit=100000").status_code == 200


def test_a_broken_cursor_is_refused(owner: Actor) -> None:
    assert owner.get("/parties?cursor=%00").status_code in (404, 422)


def test_what_did_not_change_is_not_sent_again(db: None) -> None:
    first = Client().get("/api/v1/datasets")
    again = Client().get("/api/v1/datasets", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
