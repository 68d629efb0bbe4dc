"""The embedded Redis keeps queued work, whatever happens to its process."""

from pathlib import Path

import pytest
import redis

from marketplace.platform.ports import PortBook
from marketplace.platform.redis import EmbeddedRedis
from marketplace.platform.supervisor import Supervisor


@pytest.fixture
def server(tmp_path: Path, ports: PortBook) -> EmbeddedRedis:
    return EmbeddedRedis(tmp_path / "redis with a space", ports)


def push_and_count(url: str) -> int:
    with redis.Redis.from_url(url) as client:
        client.lpush("queue", "work")
        return int(client.llen("queue"))  # type: ignore[arg-type]


def test_queued_work_survives_a_stop(server: EmbeddedRedis, supervisor: Supervisor) -> None:
    server.start(supervisor)
    assert push_and_count(server.url()) == 1
    supervisor.stop("redis")
    assert not server.is_ready()
    server.start(supervisor)
    assert push_and_count(server.url()) == 2


def test_queued_work_survives_a_killed_server(server: EmbeddedRedis, supervisor: Supervisor) -> None:
    server.start(supervisor)
    url = server.url()
    assert push_and_count(url) == 1
    supervisor.kill("redis")
    server.start(supervisor)
    assert server.url() == url
    assert push_and_count(url) == 2


def test_a_second_start_uses_the_server_that_runs(
    server: EmbeddedRedis, supervisor: Supervisor, tmp_path: Path
) -> None:
    server.start(supervisor)
    with Supervisor(tmp_path / "log-of-the-second") as second:
        server.start(second)
        assert second.process_ids() == {}
    assert server.is_ready()


def test_a_stranger_without_the_password_is_refused(server: EmbeddedRedis, supervisor: Supervisor) -> None:
    server.start(supervisor)
    stranger = "redis://" + server.url().partition("@")[2]
    with redis.Redis.from_url(stranger) as client, pytest.raises(redis.AuthenticationError):
        client.ping()
