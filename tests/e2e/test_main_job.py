"""The main job, run by the command that users have: settled, right, paid, and counted once."""

import csv
import json
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from tests.e2e.market import Market

pytestmark = pytest.mark.timeout(600)

SCALES = {"monthly_charges": 2, "total_charges": 2}
COLUMNS = {
    "operator": ("tenure", "monthly_charges", "total_charges", "fiber_optic"),
    "bank": ("electronic_check", "automatic_payment", "paperless_billing", "churn"),
}
ROWS = 7043
DEPOSIT = 10**21
"""What consumer.toml lets the consumer pay in at once."""
OUTPUTS = 81
"""Gram matrix of `ones` and eight columns."""


@pytest.fixture(scope="module")
def result(market: Market) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((market.demo / "result.json").read_text(encoding="utf-8"))
    return document


@pytest.fixture(scope="module")
def plain(market: Market) -> dict[str, list[Decimal]]:
    """Both tables, joined in the clear by their common order of customers."""
    columns = {"ones": [Decimal(1)] * ROWS}
    keys: list[list[str]] = []
    for owner, names in COLUMNS.items():
        path = market.homes / f"connector-{owner}" / f"{owner}.csv"
        with path.open(newline="", encoding="utf-8") as file:
            rows = sorted(csv.DictReader(file), key=lambda row: row["customer"])
        keys.append([row["customer"] for row in rows])
        columns |= {name: [Decimal(row[name]) for row in rows] for name in names}
    assert keys[0] == keys[1]
    return columns


def agreed(market: Market) -> tuple[Any, dict[str, int]]:
    """The main job on the chain, and what each address was to get by prices, fees and the market's rate."""
    job = market.reader.job(market.main_job_id)
    shares = [(part.provider, part.price) for part in job.inputs]
    shares += [(seat.operator, seat.fee) for seat in job.seats]
    due = sum(amount for _, amount in shares)
    shares.append((str(market.reader.call("Market", "treasury")), due * job.fee_bps // 10_000))
    owed: dict[str, int] = {}
    for payee, amount in shares:
        owed[payee] = owed.get(payee, 0) + amount
    return job, owed


def test_the_command_ends_with_status_0_and_says_what_happened(market: Market) -> None:
    assert market.first.status == 0
    said = market.first.output
    for word in ("PLACED", "OPENED", "COMPUTING", "PROVING", "VERIFIED", "SETTLED"):
        assert word in said, said
    assert "computed in the clear: maximal difference of the matrix 0," in said
    assert f"job {market.main_job_id}" in said
    assert "Traceback" not in said


def test_every_state_of_the_main_road_was_passed_once_in_order(market: Market) -> None:
    states = [
        event["to_state"]
        for event in market.events(market.main_job_id)
        if event["from_state"] != event["to_state"]
    ]
    assert states == [
        "PLACED", "ADMITTED", "MATCHED", "OPENED", "DEALING", "COMPUTING", "PROVING", "VERIFIED", "SETTLED",
    ]  # fmt: skip
    assert market.job(market.main_job_id)["attempt"] == 1


def test_the_matrix_is_exactly_that_of_the_plain_tables(
    result: dict[str, Any], plain: dict[str, list[Decimal]]
) -> None:
    names = [column["name"] for column in result["columns"]]
    assert sorted(names) == sorted(plain)
    for i, left in enumerate(names):
        for j, right in enumerate(names):
            scale = SCALES.get(left, 0) + SCALES.get(right, 0)
            exact = sum(a * b for a, b in zip(plain[left], plain[right], strict=True))
            assert Decimal(str(result["integers"][i][j])) == exact.scaleb(scale), (left, right)


def test_the_statistics_are_those_of_the_plain_tables(
    result: dict[str, Any], plain: dict[str, list[Decimal]]
) -> None:
    statistics = result["statistics"]
    names = [name for name in plain if name != "ones"]
    table = np.array([[float(value) for value in plain[name]] for name in names])
    assert statistics["count"] == ROWS
    assert [statistics["means"][name] for name in names] == pytest.approx(table.mean(axis=1), rel=1e-12)
    deviations = [statistics["deviations"][name] for name in names]
    assert deviations == pytest.approx(table.std(axis=1, ddof=1), rel=1e-9)
    expected = np.corrcoef(table)
    for i, first in enumerate(names):
        found = [statistics["correlations"][first][second] for second in names]
        assert found == pytest.approx(expected[i], abs=1e-9)


def test_the_contract_consumed_exactly_one_run_of_each_licence_and_the_ledger_says_the_same(
    market: Market,
) -> None:
    job = market.reader.job(market.main_job_id)
    cells = ROWS * 4
    assert len(job.inputs) == 2
    for part in job.inputs:
        (consumed,) = market.rows(
            "SELECT runs, cells, outputs FROM licences_quantityentry "
            "WHERE licence_id = %s AND job_id = %s AND kind = 'consumed'",
            part.licence_id, market.main_job_id,
        )  # fmt: skip
        assert tuple(map(int, consumed)) == (1, cells, OUTPUTS)


def test_chain_and_ledger_agree_on_every_licence(market: Market) -> None:
    for licence_id, state in market.quantities().items():
        booked = market.booked(licence_id)
        nothing = (0, 0, 0)
        reserved, consumed, released = (
            booked.get(kind, nothing) for kind in ("reserved", "consumed", "released")
        )
        assert (state.granted.runs, state.granted.cells, state.granted.outputs) == booked["granted"]
        assert (state.consumed.runs, state.consumed.cells, state.consumed.outputs) == consumed
        open_now = tuple(r - c - f for r, c, f in zip(reserved, consumed, released, strict=True))
        assert (state.reserved.runs, state.reserved.cells, state.reserved.outputs) == open_now
        parts = (state.remaining, state.reserved, state.consumed)
        for name in ("runs", "cells", "outputs"):
            assert sum(getattr(part, name) for part in parts) == getattr(state.granted, name)


def test_everyone_was_paid_what_was_agreed(market: Market) -> None:
    job, owed = agreed(market)
    assert job.state.name == "SETTLED"
    assert (len(job.inputs), len(job.seats), len(owed)) == (2, 3, 6)
    assert sum(owed.values()) == job.price
    gained = dict(market.money_after_main_job.credits)
    paid_in = gained.pop(job.consumer) + job.price
    assert {payee: credit for payee, credit in gained.items() if credit} == owed
    assert paid_in == DEPOSIT, "the consumer paid the price and nothing else"
    assert market.money_after_main_job.escrow == 0


def test_no_token_is_made_or_lost(market: Market) -> None:
    assert market.money_after_main_job.is_covered
    assert market.money().is_covered


def test_everybody_who_was_paid_sees_it_and_the_doctor_finds_all_well(market: Market) -> None:
    _, owed = agreed(market)
    for party, kind in (("node-1", "node"), ("connector-bank", "connector")):
        shown = market.command(party, kind, "earnings", "--json")
        assert shown.returncode == 0, shown.stderr
        earnings = json.loads(shown.stdout)
        paid = {item["job_id"]: int(item["amount"]) for item in earnings["items"]}
        assert paid[market.main_job_id] == owed[earnings["account"]]
        assert market.command(party, kind, "refusals", "--json").returncode == 0
        doctor = market.command(party, kind, "doctor")
        assert doctor.returncode == 0, doctor.stdout
