"""``hengsuan verify-statement``: check a statement of uses offline, and against a chain with --rpc.

Prints one line for each check. Exit status: 0 valid, 1 not valid, 2 it could not be checked.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from marketplace.chain.reader import ChainReader
from marketplace.licences.statement import StatementInvalid, check
from proofs import formats
from proofs.errors import ProofSystemError
from scheduler.agents.commandline import EXIT_FAILED, EXIT_UNUSABLE
from scheduler.agents.errors import AgentError, ResultError
from scheduler.agents.messages import LANGUAGES, Speech, language_of
from scheduler.agents.verify_statement.against_chain import checks_against_chain

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """See the module's text."""
    parser = argparse.ArgumentParser(
        prog="hengsuan verify-statement",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("statement", type=Path, help="JSON file")
    parser.add_argument("--rpc", metavar="URL", help="compare with the chain behind this RPC URL")
    parser.add_argument("--lang", choices=LANGUAGES)
    options = parser.parse_args(arguments)
    say = Speech(language_of(options.lang))
    try:
        document = formats.parse_json(options.statement.read_bytes())
        statement = check(document)
        print(f"  ✓ {say('check_passed')}  {len(statement['uses'])} uses, signed by {document['signer']}")
        print(f"    ledger {statement['contracts']['LicenceLedger']} on chain {statement['chain_id']}")
        if options.rpc:
            reader = ChainReader(options.rpc, statement["contracts"])
            for name, found in checks_against_chain(statement, document["signer"], reader):
                print(f"  ✓ {say('check_passed')}  {name}: {found}")
    except (StatementInvalid, ResultError) as error:
        detail = error.detail if isinstance(error, ResultError) else str(error)
        print(f"  ✗ {say('check_failed')}")
        print(say("statement_invalid", detail=detail))
        return EXIT_FAILED
    except (AgentError, ProofSystemError, OSError) as error:
        print(say("receipt_malformed", detail=str(error)))
        return EXIT_UNUSABLE
    print(say("statement_valid"))
    return 0
