"""The command `hengsuan`: hands each subcommand to the agent that implements it, imported only then."""

import importlib
import sys
from collections.abc import Sequence

__all__ = ["main"]

SUBCOMMANDS = {
    "node": "run a compute node: lease work, compute on shares, prove, get paid",
    "connector": "run a data provider's connector: commit columns, publish, license, deal shares",
    "consumer": "run a consumer's agent: order jobs, open sealed results",
    "verify": "check a receipt bundle offline, and against a chain with --rpc",
    "verify-statement": "check a statement of uses offline, and against a chain with --rpc",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand with the words after it; return its exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in ("-h", "--help"):
        print(_usage())
        return 0 if words else 2
    name, *rest = words
    if name not in SUBCOMMANDS:
        print(f"hengsuan: there is no command {name!r}\n\n{_usage()}", file=sys.stderr)
        return 2
    module = importlib.import_module(f"scheduler.agents.{name.replace('-', '_')}.cli")
    return int(module.main(rest) or 0)


def _usage() -> str:
    width = max(map(len, SUBCOMMANDS))
    lines = [f"  {name.ljust(width)}  {summary}" for name, summary in SUBCOMMANDS.items()]
    return "\n".join(["usage: hengsuan COMMAND …", "", *lines, "", "hengsuan COMMAND --help says more."])


if __name__ == "__main__":
    sys.exit(main())
