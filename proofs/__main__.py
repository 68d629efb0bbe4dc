"""``python -m proofs``: exit 0 valid or done, 1 invalid, 2 malformed, with the reason on standard error."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from proofs.ceremony.cli import add_ceremony_commands
from proofs.cli import add_commands
from proofs.errors import InvalidProof, ProofSystemError
from proofs.groth16.cli import add_groth16_commands

EXIT_VALID, EXIT_INVALID, EXIT_MALFORMED = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; its ``run`` returns what to print or raises."""
    parser = argparse.ArgumentParser(prog="python -m proofs", description="The proof system of Hengsuan.")
    commands = parser.add_subparsers(dest="command", required=True)
    add_commands(commands)
    add_ceremony_commands(commands.add_parser("ceremony", help="make a setup with several parties"))
    add_groth16_commands(commands.add_parser("groth16", help="ordinary Groth16 in the formats of snarkjs"))
    parsed = parser.parse_args(arguments)
    try:
        print(parsed.run(parsed))
    except InvalidProof as error:
        return _refuse("invalid", error, EXIT_INVALID)
    except (ProofSystemError, OSError, UnicodeDecodeError) as error:
        return _refuse("malformed", error, EXIT_MALFORMED)
    return EXIT_VALID


def _refuse(verdict: str, error: Exception, status: int) -> int:
    print(f"{verdict}: {type(error).__name__}: {error}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
