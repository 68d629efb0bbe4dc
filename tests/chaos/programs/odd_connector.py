"""A connector that deals shares of something else than it committed to, when `odd.json` says so."""

import sys

import odd

from proofs.keys import ProvingKey
from scheduler.agents.connector import cli
from scheduler.agents.connector.deal import ConnectorTasks
from scheduler.agents.jobs import CheckedJob


class OddTasks(ConnectorTasks):
    """Deals from a table in which one value of one column is another."""

    def _columns(self, job: CheckedJob, position: int, key: ProvingKey) -> dict[int, bytes]:
        columns = super()._columns(job, position, key)
        if odd.told("deal") == "other_data":
            place = min(columns)
            columns[place] = bytes([columns[place][0] ^ 1]) + columns[place][1:]
        return columns


if __name__ == "__main__":
    cli.ConnectorTasks = OddTasks  # type: ignore[misc]
    sys.exit(cli.main())
