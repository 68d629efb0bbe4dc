"""The committed OpenAPI document is the one that the code generates, and the API answers as it says."""

from __future__ import annotations

import io
from pathlib import Path

import yaml
from django.core.management import call_command

from marketplace.rest.errors import DomainError

ROOT = Path(__file__).resolve().parents[3]


def test_the_committed_document_is_up_to_date() -> None:
    generated = io.StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=generated)
    committed = (ROOT / "docs" / "openapi.yaml").read_text()
    assert generated.getvalue() == committed, "run `manage.py spectacular --file docs/openapi.yaml`"


def test_every_operation_may_answer_with_a_problem() -> None:
    document = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text())
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    assert operations
    for operation in operations:
        assert "application/problem+json" in operation["responses"]["default"]["content"]


def test_posts_that_move_work_or_money_ask_for_an_idempotency_key() -> None:
    document = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text())
    for name in ("orders", "licences", "datasets", "nodes", "deposits"):
        parameters = document["paths"][f"/api/v1/{name}"]["post"]["parameters"]
        assert ("Idempotency-Key", True) in [(entry["name"], entry["required"]) for entry in parameters]


def test_every_typed_error_is_listed_in_the_api_document() -> None:
    text = (ROOT / "docs" / "api.md").read_text()
    missing = [error.code for error in _errors(DomainError) if f"`{error.code}`" not in text]
    assert missing == []


def _errors(parent: type[DomainError]) -> list[type[DomainError]]:
    """All errors with a code of their own."""
    found = []
    for child in parent.__subclasses__():
        found += ([child] if "code" in vars(child) else []) + _errors(child)
    return found
