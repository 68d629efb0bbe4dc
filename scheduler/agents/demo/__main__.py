"""``python -m scheduler.agents.demo``: prepare the parties' homes, list the parties, compare a result."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from scheduler.agents.commandline import EXIT_FAILED, guarded
from scheduler.agents.demo.homes import demo_parties, prepare_homes
from scheduler.agents.demo.telco import compare
from scheduler.agents.messages import Speech, language_of


def main(arguments: Sequence[str] | None = None) -> int:
    """Status 0; ``compare`` returns 1 if the result is not the plain one."""
    parser = argparse.ArgumentParser(prog="python -m scheduler.agents.demo", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("parties", help="who takes part, as JSON")
    prepare = commands.add_parser("prepare", help="write every party's folder")
    prepare.add_argument("homes", type=Path)
    comparing = commands.add_parser("compare", help="a result beside the computation in the clear, as JSON")
    comparing.add_argument("result", type=Path)
    comparing.add_argument("homes", type=Path)
    options = parser.parse_args(arguments)

    def body() -> int:
        if options.command == "parties":
            print(json.dumps([asdict(party) for party in demo_parties()], ensure_ascii=False))
            return 0
        if options.command == "prepare":
            prepare_homes(options.homes)
            return 0
        tables = (
            options.homes / "connector-operator" / "operator.csv",
            options.homes / "connector-bank" / "bank.csv",
        )
        comparison = compare(json.loads(options.result.read_text(encoding="utf-8")), tables)
        print(json.dumps(asdict(comparison) | {"agrees": comparison.agrees}))
        return 0 if comparison.agrees else EXIT_FAILED

    return guarded(Speech(language_of(None)), body)


if __name__ == "__main__":
    sys.exit(main())
