"""What operators of agents do: check, rotate keys (and survive a crash in it), look, calibrate."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from marketplace.accounts.models import Party, RetiredKey
from marketplace.accounts.services import party_deactivate
from scheduler.agents.configuration import ChainConfig, MarketConfig, PartyConfig
from scheduler.agents.errors import StateError, Unauthorised
from scheduler.agents.keys import PartyKeys
from scheduler.agents.messages import Speech
from scheduler.agents.operations import rotation
from scheduler.agents.operations.calibration import calibrate
from scheduler.agents.operations.commands import run_operation
from scheduler.agents.operations.doctor import Doctor, Finding, Verdict, worst
from scheduler.agents.session import Session
from scheduler.agents.state import StateDirectory
from tests.support.market import Market

Homes = Callable[[str, str], PartyConfig]
Opened = Callable[[str, PartyConfig], Session]

pytestmark = pytest.mark.django_db(transaction=True)


def command(kind: str, config: PartyConfig, name: str) -> int:
    return run_operation(kind, config, argparse.Namespace(command=name, json=True, limit=50), Speech("en"))


def by_check(findings: list[Finding]) -> dict[str, Finding]:
    """The worst finding of each check."""
    found: dict[str, Finding] = {}
    for finding in findings:
        if finding.check not in found or worst([found[finding.check], finding]) == finding.verdict:
            found[finding.check] = finding
    return found


# rotation --------------------------------------------------------------------------------------


def test_a_rotated_key_is_in_force_and_the_old_one_is_not(
    homes: Homes, opened: Opened, market: Market
) -> None:
    config = homes("lab", "consumer")
    before = opened("consumer", config)
    assert command("consumer", config, "rotate-key") == 0
    with pytest.raises(Unauthorised):
        before.client.licences()
    after = opened("consumer", config)
    assert after.client.licences() == []
    assert after.keys.signing_key != before.keys.signing_key
    assert (after.keys.address, after.keys.sealing_key) == (before.keys.address, before.keys.sealing_key)
    assert after.state.read_json("public.json")["signing_key"] == after.keys.signing_key


@pytest.mark.parametrize("crash_before", ["rotate_signing_key", "write_json", "delete"])
def test_a_crash_in_the_middle_is_mended_by_the_next_start(
    homes: Homes, opened: Opened, market: Market, monkeypatch: pytest.MonkeyPatch, crash_before: str
) -> None:
    config = homes("lab", "consumer")
    before = opened("consumer", config)
    place: Any = before.client if crash_before == "rotate_signing_key" else before.state

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as crashing:
        crashing.setattr(place, crash_before, die)
        with pytest.raises(KeyboardInterrupt):
            rotation.rotate_signing_key(before.state, before.client, before.enrolment.party_id)
    after = opened("consumer", config)
    assert after.client.licences() == []
    assert after.keys.signing_key == Party.objects.get().signing_key != before.keys.signing_key
    assert after.state.read_json("keys-next.json") is None
    assert RetiredKey.objects.count() == 1


def test_a_running_agents_key_is_not_changed_under_it(homes: Homes, opened: Opened, market: Market) -> None:
    config = homes("lab", "consumer")
    session = opened("consumer", config)
    with session.state.locked(), pytest.raises(StateError, match="Another process"):
        command("consumer", config, "rotate-key")


# doctor ----------------------------------------------------------------------------------------


def test_a_party_that_is_well_is_told_so(
    homes: Homes, opened: Opened, market: Market, chain_url: str
) -> None:
    config = replace(homes("lab", "consumer"), chain=ChainConfig(rpc_url=chain_url, chain_id=31337))
    assert by_check(Doctor("consumer", config).examine())["party"].detail.startswith("Not enrolled yet")
    opened("consumer", config)
    findings = Doctor("consumer", config).examine()
    assert worst(findings) != Verdict.BAD, findings
    assert {"state", "disk", "market", "clock", "version", "contracts", "party", "chain", "setups"} <= set(
        by_check(findings)
    )
    assert command("consumer", config, "doctor") == 0


def test_every_trouble_is_named_and_has_a_remedy(homes: Homes, opened: Opened, market: Market) -> None:
    config = homes("lab", "consumer")
    session = opened("consumer", config)
    slow = by_check(Doctor("consumer", config, clock=lambda: 1_000_000_000.0).examine())
    assert slow["clock"].verdict == Verdict.BAD
    assert slow["chain"].verdict == Verdict.BAD  # no RPC URL
    away = replace(config, market=MarketConfig(url="http://127.0.0.1:9"))
    assert by_check(Doctor("consumer", away).examine())["market"].verdict == Verdict.BAD
    wrong_chain = replace(config, chain=ChainConfig(rpc_url="http://127.0.0.1:9"))
    assert by_check(Doctor("consumer", wrong_chain).examine())["chain"].verdict == Verdict.BAD
    Party.objects.filter(id=session.enrolment.party_id).update(sealing_key="0x" + "11" * 32)
    assert "other keys" in by_check(Doctor("consumer", config).examine())["party"].detail
    party_deactivate(party=Party.objects.get())
    sick = Doctor("consumer", config).examine()
    assert "party_inactive" in by_check(sick)["party"].detail
    assert all(finding.remedy for finding in sick if finding.verdict != Verdict.GOOD)
    assert command("consumer", config, "doctor") == 1


def test_the_doctor_changes_nothing(homes: Homes, market: Market) -> None:
    config = homes("lab", "consumer")
    Doctor("consumer", config).examine()
    assert not Party.objects.exists()
    kept = sorted(path.name for path in Path(config.home, "state").iterdir())
    assert kept == ["keys.json", "public.json"]


# looking ---------------------------------------------------------------------------------------


def test_refusals_and_earnings_are_shown(
    homes: Homes, opened: Opened, market: Market, capsys: pytest.CaptureFixture[str]
) -> None:
    config = homes("shop", "connector")
    opened("connector", config)
    assert command("connector", config, "refusals") == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == []


def test_a_calibration_times_a_real_job(market: Market) -> None:
    found = calibrate(market.key, runs=1)
    assert found.capacity == market.key.n
    assert found.backend == market.key.backend.name
    assert min(found.round1_seconds, found.round2_seconds) > 0
    assert found.cells_per_second > 0


def test_keys_never_show_their_secrets(tmp_path: Path) -> None:
    from scheduler.agents.keys import load_or_create_keys

    keys: PartyKeys = load_or_create_keys(StateDirectory(tmp_path / "state"))
    assert repr(keys) == f"PartyKeys({keys.address})"
