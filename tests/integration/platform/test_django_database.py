"""Django's tests run on PostgreSQL, in a database of their own."""

import pytest
from django.db import connection


@pytest.mark.django_db
def test_the_test_database_is_apart() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        assert cursor.fetchone()[0].startswith("test_")
