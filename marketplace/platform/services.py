"""The servers that everything needs: database, queue and chain, embedded or given by the environment.

`python -m marketplace.platform.services COMMAND …` runs a command while they are up, with their addresses
in its environment; servers that run already are used and left running.
"""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence

from marketplace.platform.chain import DEVELOPMENT_CHAIN_ID, DevelopmentChain
from marketplace.platform.errors import PlatformError
from marketplace.platform.paths import Installation
from marketplace.platform.ports import PortBook
from marketplace.platform.postgres import EmbeddedPostgres
from marketplace.platform.redis import EmbeddedRedis
from marketplace.platform.supervisor import Supervisor, interrupt_on_termination

__all__ = ["services_start"]

CHAIN_VARIABLES = ("ETH_RPC_URL", "CHAIN_ID", "CHAIN_SIGNER_KEY_FILE")


def services_start(
    supervisor: Supervisor,
    installation: Installation,
    environment: Mapping[str, str],
    *,
    allowed_origin: str | None = None,
) -> dict[str, str]:
    """Start every server that the environment does not name, and return the addresses of all of them."""
    ports = PortBook(installation.ports)
    addresses = {
        name: environment[name]
        for name in ("DATABASE_URL", "CELERY_BROKER_URL", *CHAIN_VARIABLES)
        if environment.get(name)
    }
    if "DATABASE_URL" not in addresses:
        postgres = EmbeddedPostgres(installation.var / "postgres", ports)
        postgres.start(supervisor)
        addresses["DATABASE_URL"] = postgres.url()
    if "CELERY_BROKER_URL" not in addresses:
        redis = EmbeddedRedis(installation.var / "redis", ports)
        redis.start(supervisor)
        addresses["CELERY_BROKER_URL"] = redis.url()
    if "ETH_RPC_URL" not in addresses:
        chain = DevelopmentChain(installation.var / "chain", ports, allowed_origin=allowed_origin)
        chain.start(supervisor)
        addresses["ETH_RPC_URL"] = chain.url
        addresses["CHAIN_ID"] = str(DEVELOPMENT_CHAIN_ID)
        addresses["CHAIN_SIGNER_KEY_FILE"] = str(chain.signer_key_file)
    missing = [name for name in CHAIN_VARIABLES if name not in addresses]
    if missing:
        raise PlatformError(f"ETH_RPC_URL is set, so {' and '.join(missing)} must be set too")
    return addresses


def main(arguments: Sequence[str]) -> int:
    """Run a command with the servers up; return its status."""
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    installation = Installation.here()
    with interrupt_on_termination(), Supervisor(installation.logs) as supervisor:
        try:
            addresses = services_start(supervisor, installation, os.environ)
            return subprocess.run(list(arguments), check=False, env={**os.environ, **addresses}).returncode
        except PlatformError as error:
            print(error, file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
