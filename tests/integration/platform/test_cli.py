"""The command `hengsuan` dispatches, and nothing else."""

import subprocess
import sys

import pytest

from marketplace.platform import cli


def test_help_names_every_subcommand(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    output = capsys.readouterr().out
    assert all(name in output for name in ("node", "connector", "consumer", "verify"))


def test_an_unknown_subcommand_is_refused_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["mine"]) == 2
    assert "there is no command 'mine'" in capsys.readouterr().err


def test_no_django_and_no_agent_is_imported_before_dispatch() -> None:
    code = (
        "import sys; from marketplace.platform import cli; cli.main(['--help'])\n"
        "assert not {'django', 'celery', 'scheduler.agents'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
