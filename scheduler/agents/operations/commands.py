"""Commands that every agent has: ``doctor``, ``rotate-key``, ``earnings``, ``refusals``."""

from __future__ import annotations

import argparse
import itertools
import json
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from scheduler.agents.commandline import EXIT_FAILED
from scheduler.agents.configuration import PartyConfig
from scheduler.agents.messages import Speech
from scheduler.agents.operations.doctor import Doctor, Verdict, worst
from scheduler.agents.operations.rotation import rotate_signing_key
from scheduler.agents.session import Session, open_session
from scheduler.agents.state import StateDirectory

__all__ = ["OPERATIONS", "add_operations", "run_operation"]

OPERATIONS = ("doctor", "rotate-key", "earnings", "refusals")
MARKS = {Verdict.GOOD: "[green]✓", Verdict.DOUBTFUL: "[yellow]!", Verdict.BAD: "[red]✗"}


def add_operations(commands: Any) -> None:
    """Add the parsers to an agent's subcommands."""
    doctor = commands.add_parser("doctor", help="check clock, disk, keys, market, chain; changes nothing")
    commands.add_parser("rotate-key", help="replace the key that signs requests; the agent must be stopped")
    earnings = commands.add_parser("earnings", help="what this party was paid, job by job")
    refusals = commands.add_parser("refusals", help="tasks that this party failed or refused, and why")
    for command in (earnings, refusals):
        command.add_argument("--limit", type=int, default=50, help="newest so many (default: 50)")
    for command in (doctor, earnings, refusals):
        command.add_argument("--json", action="store_true", help="print JSON")


def run_operation(kind: str, config: PartyConfig, options: argparse.Namespace, say: Speech) -> int:
    """Run one of ``OPERATIONS``; the exit status."""
    if options.command == "doctor":
        return _doctor(kind, config, options, say)
    if options.command == "rotate-key":
        return _rotate(kind, config, say)
    session = open_session(kind, config)
    try:
        if options.command == "earnings":
            return _earnings(session, options, say)
        return _refusals(session, options, say)
    finally:
        session.close()


def _doctor(kind: str, config: PartyConfig, options: argparse.Namespace, say: Speech) -> int:
    """0 if work can start, 1 if it would fail."""
    findings = Doctor(kind, config).examine()
    if options.json:
        print(json.dumps([asdict(finding) for finding in findings]))
    else:
        console = Console()
        for finding in findings:
            console.print(f"{MARKS[finding.verdict]}[/] {finding.check}: {finding.detail}", highlight=False)
            if finding.remedy:
                console.print(f"  {say('remedy')}: {finding.remedy}", highlight=False)
    return EXIT_FAILED if worst(findings) == Verdict.BAD else 0


def _rotate(kind: str, config: PartyConfig, say: Speech) -> int:
    state = StateDirectory(config.resolve(config.state_directory))
    with state.locked():
        session = open_session(kind, config)
        try:
            keys = rotate_signing_key(state, session.client, session.enrolment.party_id)
        finally:
            session.close()
    print(say("key_rotated", signing_key=keys.signing_key))
    return 0


def _earnings(session: Session, options: argparse.Namespace, say: Speech) -> int:
    account = _payee(session)
    items = list(itertools.islice(session.client.earnings(account), options.limit))
    balance = session.client.balance(account)
    if options.json:
        print(json.dumps({"account": account, "balance": balance, "items": items}))
        return 0
    table = Table(say("job"), say("amount"), say("block"), say("final"))
    for item in items:
        mark = say("yes") if item["is_final"] else say("no")
        table.add_row(item["job_id"], item["amount"], str(item["block_number"]), mark)
    console = Console()
    console.print(table)
    total = sum(int(item["amount"]) for item in items)
    print(say("earnings_total", count=len(items), total=total, balance=balance["balance"]))
    return 0


def _payee(session: Session) -> str:
    """The address that is paid: the operator's for a node, else the party's own."""
    for node in session.client.nodes():
        if node["signer"] == session.keys.address:
            return str(node["operator"])
    return session.keys.address


def _refusals(session: Session, options: argparse.Namespace, say: Speech) -> int:
    items = list(itertools.islice(session.client.tasks(state="FAILED"), options.limit))
    if options.json:
        print(json.dumps(items))
        return 0
    if not items:
        print(say("no_refusals"))
        return 0
    table = Table(say("job"), say("task"), say("reason"))
    for item in items:
        table.add_row(item["job_id"], item["kind"], f"{item['failure_code']}: {item['failure_detail']}")
    Console().print(table)
    return 0
