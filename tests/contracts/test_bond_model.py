"""Stakes, bonds and awards on a real chain do what a model of them does, over long random walks.

Accounts call for themselves, so that no signature is needed; the administrator holds the role of Evidence.
After every step stakes, bonds, awards, totals and the tokens of everybody are compared, and a refusal must be
the model's, with the same error. In the end everybody leaves, and nothing is left behind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest
from web3 import Web3
from web3.contract import Contract

from marketplace.chain.rpc import connect
from tests.contracts.bond_model import BondModel, Refused
from tests.contracts.on_anvil import deployer, error_names, outcome, sender_of

STEPS = 150
DAY = 24 * 60 * 60
STAKE_DELAY_DAYS = 8
BOND_DELAY_DAYS = STAKE_DELAY_DAYS + 2
STEP_DAYS = 3
"""No sum of these is a delay, so that a block's few seconds decide nothing."""
FUNDS = 10**9
FAR = 2**40


@dataclass(frozen=True)
class Chain:
    """A registry with one node for each account, and tokens that it may take."""

    web3: Web3
    nodes: Contract
    token: Contract
    admin: str
    accounts: list[str]
    node_ids: list[bytes]
    errors: dict[str, str]


@pytest.fixture
def chain(chain_snapshot: str) -> Chain:
    web3 = connect(chain_snapshot)
    everyone = [str(account) for account in web3.eth.accounts]
    admin, accounts = everyone[0], everyone[1:4]
    deploy, send = deployer(web3, admin), sender_of(web3, admin)
    access, token = deploy("MarketAccess", admin), deploy("SettlementToken", admin)
    nodes = deploy("NodeRegistry", access.address, token.address, STAKE_DELAY_DAYS * DAY, 0)
    send(access.functions.wire(admin, admin, nodes.address, admin, admin))
    node_ids = []
    for account in accounts:
        send(token.functions.mint(account, FUNDS))
        send(token.functions.approve(nodes.address, 2**255), account)
        request = (account, account, b"\x01" * 32, 0, b"\x02" * 32, 1, 1, FAR)
        node_ids.append(nodes.functions.hashRegisterNode(request).call())
        send(nodes.functions.registerNode(request, b""), account)
    return Chain(web3, nodes, token, admin, accounts, node_ids, error_names(nodes.abi))


class Walk:
    """Draws steps, takes each on both sides, compares."""

    def __init__(self, chain: Chain, seed: int) -> None:
        self.chain, self.random = chain, Random(seed)
        self.stakes, self.bonds = BondModel(STAKE_DELAY_DAYS), BondModel(BOND_DELAY_DAYS)
        self.claimed: Counter[str] = Counter()
        self.put_in: Counter[str] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.salt = 0

    def step(self) -> None:
        actions: list[Callable[[int], None]] = [self.put] * 4 + [self.unbond] * 3 + [self.withdraw] * 3
        actions += [self.take] * 2 + [self.claim, self.pass_days, self.pass_days]
        self.random.choice(actions)(self.random.randrange(len(self.chain.accounts)))
        self.compare()

    def attempt(self, name: str, call: Any, sender: str, model: Callable[[], None]) -> bool:
        try:
            model()
            expected = None
        except Refused as refusal:
            expected = str(refusal)
        assert outcome(self.chain.web3, self.chain.errors, call, sender) == expected, name
        self.outcomes[expected or name] += 1
        return expected is None

    def put(self, number: int) -> None:
        account, amount = self.chain.accounts[number], self.random.randrange(100)
        functions = self.chain.nodes.functions
        if self.random.random() < 0.5:
            node_id = self.chain.node_ids[number]
            call = functions.depositStake(node_id, amount)
            is_done = self.attempt("stake", call, account, lambda: self.stakes.put(node_id, amount))
        else:
            to = self.random.choice(self.chain.accounts)
            call = functions.depositBond(to, amount)
            is_done = self.attempt("bond", call, account, lambda: self.bonds.put(to, amount))
        self.put_in[account] += amount * is_done

    def unbond(self, number: int) -> None:
        account, node_id = self.chain.accounts[number], self.chain.node_ids[number]
        amount = self.random.randrange(60)
        functions = self.chain.nodes.functions
        self.salt += 1
        if self.random.random() < 0.5:
            call = functions.unbond((node_id, amount, self.salt, FAR), b"")
            self.attempt("unbond", call, account, lambda: self.stakes.unbond(node_id, amount))
        else:
            call = functions.releaseBond((account, amount, self.salt, FAR), b"")
            self.attempt("release", call, account, lambda: self.bonds.unbond(account, amount))

    def withdraw(self, number: int) -> None:
        account, node_id = self.chain.accounts[number], self.chain.node_ids[number]
        anybody, functions = self.random.choice(self.chain.accounts), self.chain.nodes.functions
        if self.random.random() < 0.5:
            call = functions.withdrawStake(node_id)
            self.attempt("withdrawStake", call, anybody, lambda: self.stakes.withdraw(node_id, account))
        else:
            call = functions.withdrawBond(account)
            self.attempt("withdrawBond", call, anybody, lambda: self.bonds.withdraw(account, account))

    def take(self, number: int) -> None:
        account, node_id = self.chain.accounts[number], self.chain.node_ids[number]
        awards = {to: self.random.randrange(30) for to in self.chain.accounts}
        functions, zero = self.chain.nodes.functions, bytes(32)
        if self.random.random() < 0.5:
            call = functions.slash(node_id, zero, zero, list(awards.items()))
            self.attempt("slash", call, self.chain.admin, lambda: self.stakes.take(node_id, awards))
        else:
            call = functions.takeBond(account, zero, zero, list(awards.items()))
            self.attempt("takeBond", call, self.chain.admin, lambda: self.bonds.take(account, awards))

    def claim(self, number: int) -> None:
        account = self.chain.accounts[number]

        def model() -> None:
            amount = self.awarded(account)
            if amount == 0:
                raise Refused("AmountIsZero")
            self.claimed[account] += amount

        self.attempt("claim", self.chain.nodes.functions.claimAward(), account, model)

    def awarded(self, account: str) -> int:
        return self.stakes.awarded[account] + self.bonds.awarded[account] - self.claimed[account]

    def pass_days(self, number: int) -> None:
        self.stakes.day += STEP_DAYS
        self.bonds.day += STEP_DAYS
        request: Any = self.chain.web3.provider.make_request
        request("evm_increaseTime", [STEP_DAYS * DAY])
        request("evm_mine", [])

    def compare(self) -> None:
        functions = self.chain.nodes.functions
        for account, node_id in zip(self.chain.accounts, self.chain.node_ids, strict=True):
            stake, bond = self.stakes.of(node_id), self.bonds.of(account)
            assert tuple(functions.stakeOf(node_id).call()[:2]) == (stake.bonded, stake.unbonding)
            assert tuple(functions.bondOf(account).call()[:2]) == (bond.bonded, bond.unbonding)
            assert functions.awardOf(account).call() == self.awarded(account)
            out = self.stakes.paid[account] + self.bonds.paid[account] + self.claimed[account]
            balance = self.chain.token.functions.balanceOf(account).call()
            assert balance == FUNDS - self.put_in[account] + out
        assert functions.totalStake().call() == self.stakes.total
        assert functions.totalBonds().call() == self.bonds.total
        awards = sum(map(self.awarded, self.chain.accounts))
        held = self.chain.token.functions.balanceOf(self.chain.nodes.address).call()
        assert held == self.stakes.total + self.bonds.total + awards

    def everybody_leaves(self) -> None:
        functions, send = self.chain.nodes.functions, sender_of(self.chain.web3, self.chain.admin)
        for account, node_id in zip(self.chain.accounts, self.chain.node_ids, strict=True):
            stake, bond = self.stakes.of(node_id), self.bonds.of(account)
            if stake.bonded:
                send(functions.unbond((node_id, stake.bonded, FAR, FAR), b""), account)
            if bond.bonded:
                send(functions.releaseBond((account, bond.bonded, FAR, FAR), b""), account)
        for _ in range(4):
            self.pass_days(0)
        for account, node_id in zip(self.chain.accounts, self.chain.node_ids, strict=True):
            stake, bond = self.stakes.of(node_id), self.bonds.of(account)
            if stake.bonded + stake.unbonding:
                send(functions.withdrawStake(node_id))
            if bond.bonded + bond.unbonding:
                send(functions.withdrawBond(account))
            if self.awarded(account):
                send(functions.claimAward(), account)
        assert self.chain.token.functions.balanceOf(self.chain.nodes.address).call() == 0


@pytest.mark.parametrize("seed", [1, 2])
def test_stakes_and_bonds_do_what_the_model_does(chain: Chain, seed: int) -> None:
    walk = Walk(chain, seed)
    for _ in range(STEPS):
        walk.step()
    # The walk is worth something only if it gets around.
    done = {
        "stake",
        "bond",
        "unbond",
        "release",
        "withdrawStake",
        "withdrawBond",
        "slash",
        "takeBond",
        "claim",
    }
    assert done | {"StakeTooSmall", "StakeStillBonded", "AmountIsZero"} == set(walk.outcomes)
    walk.everybody_leaves()
