"""Setups and programs: registering, reading, and what production refuses."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from marketplace.catalogue.checks import check_setups_are_for_production
from marketplace.catalogue.errors import ProgramInvalid, SetupInvalid, SetupUnknown
from marketplace.catalogue.models import Program, Setup
from marketplace.catalogue.services import program_mark_registered, program_register, setup_register
from marketplace.catalogue.setups import proving_key
from marketplace.config.startup import refuse_unsafe_start
from tests.support.cast import problem
from tests.support.market import Market


def test_a_setup_with_its_program_is_registered_once(db: None, key_directory: Path) -> None:
    for _ in range(2):
        call_command("register_setup", str(key_directory))
    setup, program = Setup.objects.get(), Program.objects.get()
    assert (setup.capacity, setup.is_development) == (16, True)
    assert program.document["setup_id"] == setup.setup_id
    assert not program.is_registered


def test_anyone_can_read_a_setup_and_download_its_files(market: Market) -> None:
    setup_id = market.setup.setup_id
    [listed] = json.loads(Client().get("/api/v1/setups").content)["items"]
    assert listed == json.loads(Client().get(f"/api/v1/setups/{setup_id}").content)
    assert listed["is_development"] is True
    for entry in listed["files"]:
        response = Client().get(f"/api/v1/setups/{setup_id}/files/{entry['name']}")
        content = b"".join(response.streaming_content)  # type: ignore[attr-defined]
        assert (len(content), f"0x{hashlib.sha256(content).hexdigest()}") == (entry["size"], entry["sha256"])


def test_only_listed_files_are_given_out(market: Market) -> None:
    files = f"/api/v1/setups/{market.setup.setup_id}/files"
    for name in ("secrets", "key.json.part", ".."):
        problem(Client().get(f"{files}/{name}"), 404, "setup_file_unknown")
    problem(Client().get(f"{files}/..%2F..%2Fetc%2Fpasswd"), 404, "not_found")
    problem(Client().get("/api/v1/setups/0x00"), 404, "setup_unknown")


def test_only_programs_that_the_chain_knows_are_offered(market: Market) -> None:
    def offered() -> list[str]:
        return [
            entry["program_id"] for entry in json.loads(Client().get("/api/v1/programs").content)["items"]
        ]

    assert offered() == [market.program.program_id]
    Program.objects.update(is_registered=False)
    assert offered() == []
    program_mark_registered(program_id=market.program.program_id)
    program_mark_registered(program_id="0x" + "99" * 32)
    assert offered() == [market.program.program_id]


def test_malformed_programs_are_refused(market: Market) -> None:
    with pytest.raises(ProgramInvalid):
        program_register(document={**market.program.document, "kind": "magic"}, title="x")
    with pytest.raises(SetupUnknown):
        program_register(document={**market.program.document, "setup_id": "0x" + "11" * 32}, title="x")


def test_a_directory_without_keys_or_with_altered_ones_is_refused(
    db: None, tmp_path: Path, key_directory: Path
) -> None:
    with pytest.raises(CommandError, match="setup_invalid"):
        call_command("register_setup", str(tmp_path))
    altered = tmp_path / "altered"
    shutil.copytree(key_directory, altered)
    (altered / "lagrange.points").write_bytes(b"\x00" * 64)
    with pytest.raises(SetupInvalid, match="SHA-256"):
        setup_register(directory=altered)


def test_a_directory_that_now_holds_another_setup_is_not_used(market: Market) -> None:
    market.setup.setup_id = "0x" + "77" * 32
    with pytest.raises(SetupInvalid, match="another setup"):
        proving_key(market.setup)


def test_production_refuses_a_development_setup(market: Market, settings: Any) -> None:
    assert check_setups_are_for_production(None, ["default"]) == []
    settings.IS_PRODUCTION = True
    [error] = check_setups_are_for_production(None, ["default"])
    assert (error.id, market.setup.setup_id in error.msg) == ("catalogue.E001", True)
    with pytest.raises(ImproperlyConfigured, match=r"catalogue\.E001"):
        refuse_unsafe_start()


def test_elsewhere_a_development_setup_may_serve(market: Market) -> None:
    refuse_unsafe_start()
