"""Market, connector and contract agree on every licence and order, on a real chain.

Random licences are granted on the ledger and random orders tried against them. The market evaluates the
table of clauses on what is left; the contract reserves or refuses; the connector evaluates the same table on
its own record and on what the chain says afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.chain.reader import ChainReader
from marketplace.licences.clauses import CLAUSES, Place, clause_of_revert, evaluate
from marketplace.licences.domain import (
    InputFacts,
    LicenceStanding,
    LicenceTerms,
    OrderFacts,
    Quantity,
    quantity_of,
)
from marketplace.licences.terms import Terms
from marketplace.signing.eip712 import GrantLicence
from scheduler.agents.connector.licensing import Licensing
from scheduler.agents.connector.refusals import licence_standing
from scheduler.agents.state import StateDirectory
from tests.contracts.test_ledger_model import Chain, chain

__all__ = ["chain"]

NAMES = ("ones", "age", "bill")
PROGRAMS = tuple("0x" + digit * 64 for digit in "12")
DATASETS = st.sampled_from(["its own"] * 8 + ["another"])
KEYS = ("0x" + "a" * 64, "0x" + "b" * 64)
ROWS = 10
_salts = count(1)

words = {
    "purposes": st.lists(st.sampled_from(["research", "audit"]), min_size=1, unique=True),
    "recipient_keys": st.lists(st.sampled_from(KEYS), min_size=1, unique=True),
    "visibilities": st.lists(st.sampled_from(["public", "sealed"]), min_size=1, unique=True),
    "smallest_group": st.sampled_from([1, ROWS, ROWS + 1]),
    "smallest_intersection": st.sampled_from([1, ROWS, ROWS + 1]),
    "placement": st.fixed_dictionaries(
        {"regions": st.lists(st.sampled_from(["north", "south"]), min_size=1, unique=True)}
    ),
    "columns": st.dictionaries(
        st.sampled_from(NAMES[1:]),
        st.fixed_dictionaries(
            {"disclosure": st.sampled_from(["aggregate", "after_join", "never"])},
            optional={"role": st.sampled_from(["key", "group", "feature", "label"])},
        ),
        min_size=1,
    ),
    "parameters": st.dictionaries(st.sampled_from(["limit"]), st.just({"minimum": 0, "maximum": 3})),
    "windows": st.lists(
        st.fixed_dictionaries({"seconds": st.just(60), "cells": st.sampled_from([5, 10, 50])}),
        min_size=1,
        max_size=2,
    ),
    "noise": st.just({"mechanism": "discrete_laplace", "epsilon_per_run": "0.5", "epsilon_total": "1"}),
}


@dataclass(frozen=True)
class Draw:
    """A licence and an order against it, times relative to the chain's clock."""

    terms: dict[str, Any]
    programs: tuple[str, ...]
    columns: int
    quantity: Quantity
    span: tuple[int, int]
    consumer: int
    asked_by: int
    asked_program: str
    asked_columns: int
    outputs: int
    is_revoked: bool
    purpose: str
    visibility: int
    recipient: str
    regions: frozenset[str] | None
    parameters: dict[str, Any]
    partners: tuple[str, ...]


def mostly(common: Any, *rare: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from([common] * 4 + list(rare))


draws = st.builds(
    Draw,
    terms=st.fixed_dictionaries({"version": st.just(1)}, optional=words),
    programs=mostly(PROGRAMS[:1], PROGRAMS, PROGRAMS[1:]),
    columns=mostly(0b111, 0b011, 0b101),
    quantity=st.builds(Quantity, mostly(3, 1), mostly(40, 1, 20), mostly(30, 4, 3)),
    span=mostly((-100, 100_000), (-100, -50), (50_000, 100_000)),
    consumer=st.just(0),
    asked_by=mostly(0, 1),
    asked_program=mostly(PROGRAMS[0], PROGRAMS[1]),
    asked_columns=mostly(0b011, 0b111, 0b101, 0b010, 0b1011),
    outputs=mostly(4, 9, 100),
    is_revoked=mostly(False, True),
    purpose=st.sampled_from(["research", "audit"]),
    visibility=st.sampled_from([0, 1]),
    recipient=st.sampled_from(KEYS),
    regions=st.sampled_from([None, frozenset({"north"}), frozenset({"south"})]),
    parameters=st.sampled_from([{}, {}, {"limit": 3}, {"limit": 4}, {"other": 1}]),
    partners=st.sampled_from([(), ("0x6813Eb9362372EEF6200f3b1dbC3f819671cBA69",)]),
)


def granted(chain: Chain, draw: Draw, now: int) -> LicenceTerms:
    grant = GrantLicence(
        provider=chain.provider,
        consumer=chain.consumers[draw.consumer],
        dataset_id="0x" + bytes(chain.dataset_id).hex(),
        terms_hash="0x" + "00" * 32,
        program_ids=draw.programs,
        columns=draw.columns,
        runs=draw.quantity.runs,
        cells=draw.quantity.cells,
        outputs=draw.quantity.outputs,
        not_before=now + draw.span[0],
        not_after=now + draw.span[1],
        price_per_run=5,
        salt=next(_salts) + 10**9,
        deadline=2**40,
    )
    functions = chain.ledger.functions
    assert chain.attempt(functions.grant(grant.to_struct(), b""), chain.provider) is None
    licence_id = "0x" + functions.hashGrantLicence(grant.to_struct()).call().hex()
    if draw.is_revoked:
        assert chain.attempt(functions.revoke((licence_id, 2**40), b""), chain.provider) is None
    terms = Terms.from_document(draw.terms, column_names=NAMES)
    return LicenceTerms(licence_id, grant, terms, NAMES)


def ordered(chain: Chain, draw: Draw, licence: LicenceTerms, now: int) -> OrderFacts:
    grant = licence.grant
    mine = InputFacts(licence.licence_id, grant.provider, grant.dataset_id, draw.asked_columns, ROWS)
    others = tuple(InputFacts("0x" + "9" * 64, owner, "0x" + "8" * 64, 0b11, ROWS) for owner in draw.partners)
    return OrderFacts(
        consumer=chain.consumers[draw.asked_by],
        program_id=draw.asked_program,
        visibility=draw.visibility,
        recipient_key=draw.recipient,
        purpose=draw.purpose,
        regions=draw.regions,
        inputs=(mine, *others),
        outputs=draw.outputs,
        at=now,
        parameters=draw.parameters,
    )


@pytest.fixture
def licensing(tmp_path: Path) -> Licensing:
    session: Any = SimpleNamespace(state=StateDirectory(tmp_path))
    return Licensing(session, now=lambda: 0.0)


@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(draw=draws)
def test_market_connector_and_contract_agree(chain: Chain, licensing: Licensing, draw: Draw) -> None:
    reader = ChainReader(chain.web3, {"LicenceLedger": chain.ledger.address})
    now = int(chain.web3.eth.get_block("latest")["timestamp"])
    licence = granted(chain, draw, now)
    order = ordered(chain, draw, licence, now)
    job_id = f"0x{next(_salts):064x}"

    found = reader.quantities(licence.licence_id)
    standing = LicenceStanding(
        is_granted=True,
        is_revoked=draw.is_revoked,
        remaining=Quantity(found.remaining.runs, found.remaining.cells, found.remaining.outputs),
    )
    by_market = evaluate(licence, order, standing=standing)

    needed = quantity_of(order, order.inputs[0])
    call = chain.ledger.functions.reserve(
        job_id,
        licence.licence_id,
        order.consumer,
        order.program_id,
        order.inputs[0].columns,
        (needed.runs, needed.cells, needed.outputs),
    )
    error = chain.attempt(call, chain.markets[0])
    of_chain = {r.clause for r in by_market if Place.CHAIN in CLAUSES[r.clause].places}
    assert (error is None) == (not of_chain), (error, by_market)
    if error is not None:
        assert clause_of_revert(error) & of_chain, (error, by_market)

    signed, _ = licence_standing(licence, licensing, job_id, reader)
    if error is not None:  # nothing was reserved, so the connector is shown the quantities of the market
        signed = replace(signed, remaining=standing.remaining)
    assert evaluate(licence, order, standing=signed) == by_market


def test_the_table_says_for_every_clause_who_enforces_it() -> None:
    errors = {error for clause in CLAUSES.values() for error in clause.reverts}
    assert {clause.name for clause in CLAUSES.values() if Place.CHAIN in clause.places} == {
        *("consumer", "program", "columns", "validity", "state", "revocation", "runs", "cells", "outputs")
    }
    assert all(clause_of_revert(error) for error in errors)
    assert clause_of_revert("JobExists") == frozenset()
