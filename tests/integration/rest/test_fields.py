"""Fields that the database checks: amounts, hashes, addresses."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Sum

from marketplace.licences.models import Licence
from marketplace.rest.fields import NumericIntegerField
from tests.support.cast import Actor

MAX = 2**256 - 1


def test_amounts_of_256_bits_come_back_as_integers(licence: Licence) -> None:
    Licence.objects.update(columns=MAX)
    licence.refresh_from_db()
    assert (licence.columns, type(licence.columns)) == (MAX, int)
    Licence.objects.update(runs_granted=F("runs_granted") + 5)
    licence.refresh_from_db()
    assert licence.runs_granted == 8
    assert Licence.objects.aggregate(total=Sum("columns"))["total"] == MAX
    assert Licence.objects.filter(columns__gte=MAX).count() == 1


@pytest.mark.parametrize("value", [-1, MAX + 1, 1.5, True, "1e3", "x", Decimal("1.5"), float("nan")])
def test_what_is_no_amount_is_refused(value: Any) -> None:
    with pytest.raises(ValidationError):
        NumericIntegerField().to_python(value)


@pytest.mark.parametrize("value", [0, MAX, "12", Decimal(12)])
def test_amounts_are_read_from_their_forms(value: Any) -> None:
    assert NumericIntegerField().to_python(value) == int(value)
    assert NumericIntegerField().to_python(None) is None


@pytest.mark.parametrize(
    "assignment",
    [
        "columns = -1",
        f"columns = {MAX} + 1",
        "terms_hash = '0x' || repeat('A', 64)",
        "terms_hash = repeat('a', 66)",
        "terms_hash = '0x' || repeat('a', 63)",
        "signature = ''",
    ],
)
def test_the_database_itself_refuses_other_forms(licence: Licence, assignment: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE licences_licence SET {assignment}")


def test_the_database_refuses_what_is_no_address(owner: Actor) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        type(owner.party).objects.update(eth_address="0x12")
