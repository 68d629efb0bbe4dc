"""Which contracts a party signs for: its configuration and its first contact decide, not the market's
mood.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from scheduler.agents.chain import pin_deployment
from scheduler.agents.configuration import ChainConfig
from scheduler.agents.errors import ConfigurationError
from scheduler.agents.state import StateDirectory
from scheduler.agents.wire import ChainDescription

from .world import CONTRACTS

TOLD = ChainDescription(chain_id=31337, contracts=CONTRACTS)
MOVED = replace(TOLD, contracts=CONTRACTS | {"Market": CONTRACTS["NodeRegistry"]})


def test_the_first_word_of_the_market_is_kept(state: StateDirectory) -> None:
    first = pin_deployment(state, ChainConfig(), lambda: TOLD)
    assert pin_deployment(state, ChainConfig(), lambda: TOLD) == first
    assert first.domain("Market").verifying_contract == CONTRACTS["Market"]


def test_a_market_that_names_other_contracts_later_is_refused(state: StateDirectory) -> None:
    pin_deployment(state, ChainConfig(), lambda: TOLD)
    with pytest.raises(ConfigurationError) as caught:
        pin_deployment(state, ChainConfig(), lambda: MOVED)
    assert caught.value.code == "deployment_changed"


def test_a_party_that_follows_the_market_keeps_files_of_each_deployment_apart(state: StateDirectory) -> None:
    before = pin_deployment(state, ChainConfig(), lambda: TOLD)
    after = pin_deployment(state, ChainConfig(follow_market=True), lambda: MOVED)
    assert after.contracts["Market"] == CONTRACTS["NodeRegistry"]
    assert after.digest != before.digest
    assert pin_deployment(state, ChainConfig(), lambda: MOVED) == after


@pytest.mark.parametrize(
    "config",
    [ChainConfig(chain_id=1), ChainConfig(contracts={"Market": CONTRACTS["NodeRegistry"]})],
)
def test_the_configuration_counts_more_than_the_market(state: StateDirectory, config: ChainConfig) -> None:
    with pytest.raises(ConfigurationError) as caught:
        pin_deployment(state, config, lambda: TOLD)
    assert caught.value.code == "deployment_changed"
    assert state.read_json("deployment.json") is None


def test_a_market_without_contracts_is_refused(state: StateDirectory) -> None:
    with pytest.raises(ConfigurationError) as caught:
        pin_deployment(state, ChainConfig(), lambda: ChainDescription(chain_id=31337, contracts={}))
    assert caught.value.code == "contracts_missing"
