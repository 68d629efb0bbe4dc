"""Bring database, setup and chain to the state that this code needs, in one process. Repeatable.

    python -m marketplace.config.prepare STEPS.json

STEPS.json lists ``[title, command, argument …]``; each command of ``manage.py`` runs in turn, its title is
printed when it is done, so that whoever started this can show progress. One process, because loading Django
takes longer than most of the steps.
"""

import io
import json
import os
import sys
from pathlib import Path

__all__ = ["main"]


def main(path: str) -> int:
    """Run the steps; the first that fails prints its reason and gives status 1."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.config.settings")
    import django
    from django.core.management import CommandError, call_command

    django.setup()
    for title, command, *arguments in json.loads(Path(path).read_text(encoding="utf-8")):
        said = io.StringIO()
        try:
            call_command(command, *arguments, stdout=said, stderr=said)
        except CommandError as error:
            print(f"{said.getvalue()}{command}: {error}", file=sys.stderr)
            return 1
        print(title, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
