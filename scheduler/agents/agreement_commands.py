"""The commands about agreements that connector and consumer have in common."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

from marketplace.licences.negotiation import Act
from scheduler.agents.agreements import Negotiation, read_content
from scheduler.agents.errors import ConfigurationError
from scheduler.agents.messages import Speech

__all__ = ["AGREEMENT_COMMANDS", "PROVIDER_COMMANDS", "add_agreement_commands", "run_agreement_command"]

AGREEMENT_COMMANDS = {
    "agreements": "list agreements with their states, each history checked",
    "agreement": "show one agreement with every signed step",
    "offer": "begin an agreement with a licence from a file (JSON or ODRL)",
    "propose": "answer with a counter-offer, or amend what was agreed",
    "accept": "sign what the other side proposed last",
    "decline": "end a negotiation, or drop an amendment",
}
PROVIDER_COMMANDS = {
    "suspend": "deal and admit nothing under it until it is resumed",
    "resume": "lift a suspension",
    "end": "revoke the licence of an agreement",
}


def add_agreement_commands(commands: Any, *, is_provider: bool) -> None:
    """Adds the parsers."""
    texts = AGREEMENT_COMMANDS | (PROVIDER_COMMANDS if is_provider else {})
    for name, text in texts.items():
        command: argparse.ArgumentParser = commands.add_parser(name, help=text)
        if name not in ("agreements", "offer"):
            command.add_argument("agreement_id")
        if name in ("offer", "propose"):
            command.add_argument("file", type=Path)
        command.add_argument("--json", action="store_true", help="print JSON")


def run_agreement_command(options: argparse.Namespace, negotiation: Negotiation, say: Speech) -> bool:
    """Runs the command if it is one of these, prints what came of it; whether it was."""
    name = options.command
    if name not in AGREEMENT_COMMANDS | PROVIDER_COMMANDS:
        return False
    if name == "agreements":
        found = negotiation.all()
    elif name == "agreement":
        found = [negotiation.read(options.agreement_id)]
    elif name == "offer":
        found = [negotiation.offer(_content(options.file))]
    elif name == "propose":
        found = [negotiation.propose(options.agreement_id, _content(options.file))]
    elif name == "accept":
        found = [negotiation.accept(options.agreement_id)]
    else:
        act = Act.REVOKE if name == "end" else Act(name)
        found = [negotiation.act(options.agreement_id, act)]
    if options.json:
        print(json.dumps(found, ensure_ascii=False))
        return True
    for one in found:
        values = {
            "agreement_id": one["agreement_id"],
            "state": one["state"],
            "licence_id": one["licence_id"] or "–",
        }
        print(say("agreement_state", **values))
        for step in one["steps"] if name == "agreement" else []:
            print(f"  {step['number']}. {step['by']} {step['act']} → {step['to_state']}  {step['step_hash']}")
    return True


def _content(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            "licence_file_refused", f"{path} is no JSON file: {error}.", "Check the path."
        ) from None
    return read_content(document, now=time.time())
