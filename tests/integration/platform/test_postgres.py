"""The embedded PostgreSQL keeps its data, whatever happens to its process."""

import os
import signal
import stat
from pathlib import Path

import psycopg2
import pytest

from marketplace.platform.ports import PortBook
from marketplace.platform.postgres import EmbeddedPostgres
from marketplace.platform.supervisor import Supervisor


def execute(url: str, statement: str) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(url)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


@pytest.fixture
def server(tmp_path: Path, ports: PortBook) -> EmbeddedPostgres:
    return EmbeddedPostgres(tmp_path / "postgres", ports)


def test_it_starts_with_an_empty_database(server: EmbeddedPostgres, supervisor: Supervisor) -> None:
    server.start(supervisor)
    assert execute(server.url(), "SELECT current_database(), current_setting('TimeZone')") == [
        ("hengsuan", "UTC")
    ]


def test_data_survive_a_stop(server: EmbeddedPostgres, supervisor: Supervisor) -> None:
    server.start(supervisor)
    execute(server.url(), "CREATE TABLE kept AS SELECT 7 AS number")
    supervisor.stop("postgres")
    assert not server.is_ready()
    server.start(supervisor)
    assert execute(server.url(), "SELECT number FROM kept") == [(7,)]


def test_committed_data_survive_a_killed_server(server: EmbeddedPostgres, supervisor: Supervisor) -> None:
    server.start(supervisor)
    url = server.url()
    execute(url, "CREATE TABLE kept AS SELECT 7 AS number")
    os.kill(supervisor.process_ids()["postgres"], signal.SIGKILL)
    supervisor.kill("postgres")
    server.start(supervisor)
    assert server.url() == url
    assert execute(url, "SELECT number FROM kept") == [(7,)]


def test_a_second_start_uses_the_server_that_runs(
    server: EmbeddedPostgres, supervisor: Supervisor, tmp_path: Path, ports: PortBook
) -> None:
    server.start(supervisor)
    with Supervisor(tmp_path / "log-of-the-second") as second:
        again = EmbeddedPostgres(tmp_path / "postgres", ports)
        again.start(second)
        assert again.url() == server.url()
        assert second.process_ids() == {}
    assert server.is_ready()


def test_a_stranger_without_the_password_is_refused(server: EmbeddedPostgres, supervisor: Supervisor) -> None:
    server.start(supervisor)
    scheme, _, rest = server.url().partition("://")
    with pytest.raises(psycopg2.OperationalError, match="password"):
        psycopg2.connect(f"{scheme}://hengsuan:guess@{rest.partition('@')[2]}")


def test_only_the_owner_can_read_the_password(
    server: EmbeddedPostgres, supervisor: Supervisor, tmp_path: Path
) -> None:
    server.start(supervisor)
    assert stat.S_IMODE((tmp_path / "postgres" / "password").stat().st_mode) == 0o600


def test_a_first_start_that_was_killed_halfway_is_made_anew(
    server: EmbeddedPostgres, supervisor: Supervisor, tmp_path: Path
) -> None:
    (tmp_path / "postgres" / "cluster.new").mkdir(parents=True)
    (tmp_path / "postgres" / "cluster.new" / "PG_VERSION").write_text("18\n")
    server.start(supervisor)
    assert execute(server.url(), "SELECT 1") == [(1,)]
