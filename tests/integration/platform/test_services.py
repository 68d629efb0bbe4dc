"""All servers together: embedded by default, the caller's where the environment names them."""

from pathlib import Path

import pytest

from marketplace.platform.errors import PlatformError
from marketplace.platform.paths import Installation
from marketplace.platform.services import services_start
from marketplace.platform.supervisor import Supervisor


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(root=Installation.here().root, var=tmp_path / "var")


def test_every_server_is_embedded_by_default_and_stays_on_loopback(
    supervisor: Supervisor, installation: Installation
) -> None:
    addresses = services_start(supervisor, installation, {})
    assert list(supervisor.process_ids()) == ["postgres", "redis", "chain"]
    assert all(
        "127.0.0.1" in addresses[name] for name in ("DATABASE_URL", "CELERY_BROKER_URL", "ETH_RPC_URL")
    )
    assert addresses["CHAIN_ID"] == "31337"
    assert Path(addresses["CHAIN_SIGNER_KEY_FILE"]).exists()


def test_addresses_are_the_same_at_the_next_start(tmp_path: Path, installation: Installation) -> None:
    runs = []
    for _ in range(2):
        with Supervisor(tmp_path / "log") as supervisor:
            runs.append(services_start(supervisor, installation, {}))
    assert runs[0] == runs[1]


def test_real_servers_are_used_instead_of_embedded_ones(
    supervisor: Supervisor, installation: Installation
) -> None:
    given = {
        "DATABASE_URL": "postgres://market@db.example/market",
        "CELERY_BROKER_URL": "amqp://queue.example",
        "ETH_RPC_URL": "https://chain.example",
        "CHAIN_ID": "11155111",
        "CHAIN_SIGNER_KEY_FILE": "/etc/hengsuan/signer.key",
    }
    assert services_start(supervisor, installation, {**given, "HOME": "/root"}) == given
    assert supervisor.process_ids() == {}


def test_a_real_chain_without_its_id_or_signer_is_refused(
    supervisor: Supervisor, installation: Installation
) -> None:
    given = {
        "DATABASE_URL": "postgres://market@db.example/market",
        "CELERY_BROKER_URL": "amqp://queue.example",
        "ETH_RPC_URL": "https://chain.example",
    }
    with pytest.raises(PlatformError, match="CHAIN_ID and CHAIN_SIGNER_KEY_FILE must be set"):
        services_start(supervisor, installation, given)
