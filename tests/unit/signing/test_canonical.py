"""Canonical documents."""

from __future__ import annotations

import pytest

from marketplace.signing.canonical import canonical_json, document_hash
from marketplace.signing.errors import MalformedDocument


def test_keys_are_sorted_and_text_is_utf_8_without_white_space() -> None:
    assert canonical_json({"b": [1, None, True], "a": "衡"}) == '{"a":"衡","b":[1,null,true]}'.encode()


def test_equal_documents_have_equal_hashes_whatever_their_order() -> None:
    assert document_hash({"a": 1, "b": 2}) == document_hash({"b": 2, "a": 1})
    assert document_hash({"a": 1}) != document_hash({"a": "1"})


@pytest.mark.parametrize(
    "document", [{"a": 1.5}, {"a": [float("nan")]}, {1: "a"}, {"a": {"b": {1, 2}}}, {"a": "\ud800"}]
)
def test_what_has_no_canonical_form_is_refused(document: object) -> None:
    with pytest.raises(MalformedDocument):
        canonical_json(document)
