"""Orders that may not run are refused with a typed reason, by command and by request; nothing is reserved."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from marketplace.signing.canonical import document_hash
from marketplace.signing.eip712 import Input, Order
from scheduler.agents.connector.config import OfferSection
from scheduler.agents.connector.licensing import Licensing
from scheduler.agents.consumer.ordering import place_order
from scheduler.agents.errors import NotFound, Problem, Unprocessable
from tests.e2e.market import Market, wait_until

pytestmark = pytest.mark.timeout(600)

DAY_SECONDS = 24 * 3600
UNKNOWN = "0x" + "ab" * 32


@contextmanager
def nothing_reserved(market: Market) -> Iterator[None]:
    """Quantities and credits on the chain, and the outbox, are afterwards what they were."""

    def books() -> tuple[Any, ...]:
        return market.quantities(), market.money(), market.rows("SELECT count(*) FROM chain_chaintransaction")

    before = books()
    yield
    assert books() == before


@pytest.fixture
def order_file(market: Market, tmp_path: Path) -> Callable[[str, str], Path]:
    """The main job's order with one piece of text replaced."""

    def write(old: str, new: str) -> Path:
        text = (market.homes / "consumer" / "order.toml").read_text(encoding="utf-8")
        assert old in text
        path = tmp_path / "order.toml"
        path.write_text(text.replace(old, new), encoding="utf-8")
        return path

    return write


# by the consumer's own commands ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "code", "named"),
    [
        (
            'dataset = "Tenure and charges 在网时长与资费"',
            'dataset = "Weather"',
            "licence_missing",
            "Weather",
        ),
        ('"tenure", "monthly', '"shoe_size", "monthly', "column_unknown", "shoe_size"),
        ("left_count = 0", "left_count = 3", "licence_missing", "another program"),
        ('purpose = "joint-statistics"', "purpose = 7", "order_file_invalid", "purpose"),
        ('visibility = "sealed"', 'visibility = "secret"', "order_file_invalid", "secret"),
    ],
    ids=[
        "unknown dataset",
        "unknown column",
        "unknown program",
        "purpose of a wrong type",
        "unknown visibility",
    ],
)
def test_an_order_that_cannot_be_signed_is_refused_by_the_command(
    market: Market, order_file: Callable[[str, str], Path], old: str, new: str, code: str, named: str
) -> None:
    jobs = market.rows("SELECT count(*) FROM orders_job")
    with nothing_reserved(market):
        done = market.command("consumer", "consumer", "--lang", "en", "order", str(order_file(old, new)))
    assert done.returncode in (1, 2)
    assert f"error {code}" in done.stderr
    assert named in done.stderr
    assert "what to do" in done.stderr
    assert "Traceback" not in done.stderr
    assert market.rows("SELECT count(*) FROM orders_job") == jobs


@pytest.mark.parametrize(
    ("old", "new", "clause"),
    [
        ('purpose = "joint-statistics"', 'purpose = "marketing"', "purposes"),
        ('visibility = "sealed"', 'visibility = "public"', "visibilities"),
        ('max_price = "100000000000000000000"', 'max_price = "12999999999999999999"', "price"),
    ],
    ids=["unlicensed purpose", "unlicensed visibility", "price limit below the licences' price"],
)
def test_an_order_against_a_clause_is_explained_and_when_placed_ends_with_the_clause_named(
    market: Market, order_file: Callable[[str, str], Path], old: str, new: str, clause: str
) -> None:
    path = str(order_file(old, new))
    with nothing_reserved(market):
        explained = market.command("consumer", "consumer", "explain", path, "--json")
        placed = market.command("consumer", "consumer", "order", path, "--json")
        job_id = json.loads(placed.stdout)["job_id"]
        job = market.wait_for_state(job_id, "FAILED")
    assert explained.returncode == 1
    answer = json.loads(explained.stdout)
    assert not answer["is_admissible"]
    assert clause in {refusal["clause"] for refusal in answer["refusals"]}
    assert (placed.returncode, job["reason_code"]) == (0, "admission_refused")
    assert clause in clauses(market, job_id)
    followed = market.command("consumer", "consumer", "--lang", "en", "status", job_id)
    assert followed.returncode == 1
    assert "admission_refused" in followed.stdout


# by requests that name the licence -------------------------------------------------------------


@dataclass(frozen=True)
class Licences:
    """Licences of one column of the operator, so that no other order finds them fit; and the bank's."""

    one_run: str
    revoked: str
    expired: str
    bank: str


@pytest.fixture(scope="module")
def licences(market: Market) -> Licences:
    one_run, revoked = (grant(market, name) for name in ("one run", "revoked"))
    expired = grant(market, "expired", clock=a_day_slow, valid_days=1)
    done = market.command("connector-operator", "connector", "revoke", revoked)
    assert (done.returncode, done.stderr) == (0, "")
    states = {one_run: ("GRANTED",), revoked: ("REVOKED",), expired: ("GRANTED", "EXPIRED")}
    query = "SELECT state FROM licences_licence WHERE licence_id = %s"
    for licence_id, wanted in states.items():
        wait_until(lambda: market.rows(query, licence_id)[0][0] in wanted, f"{licence_id} {wanted}")  # noqa: B023
    await_end(market, expired)
    bank = market.reader.job(market.main_job_id).inputs[1].licence_id
    return Licences(one_run, revoked, expired, bank)


def await_end(market: Market, licence_id: str) -> None:
    not_after = market.reader.licence(licence_id).not_after
    wait_until(lambda: not_after < time.time(), f"the end of {licence_id}")


def a_day_slow() -> float:
    """A clock by which one day from now is three seconds from now."""
    return time.time() - DAY_SECONDS + 3


def grant(
    market: Market,
    name: str,
    *,
    columns: tuple[str, ...] = ("tenure",),
    clock: Callable[[], float] = time.time,
    valid_days: int = 30,
) -> str:
    """The operator's connector signs a licence for one run and hands it in."""
    session = market.session("connector-operator")
    (stored,) = session.state.names("datasets")
    offer = OfferSection(
        name=name,
        dataset="telco-usage",
        consumer="churn-insight",
        columns=columns,
        runs=1,
        price_per_run=10**18,
        valid_days=valid_days,
        terms={"purposes": ["joint-statistics"]},
    )
    record = Licensing(session, now=clock).offer(offer, session.state.read_json(f"datasets/{stored}"))
    assert record is not None
    return str(record["licence_id"])


def signed(market: Market, *licence_ids: str, columns: int = 0b11) -> dict[str, Any]:
    """An order under exactly these licences, first column of each dataset."""
    session = market.consumer
    details = {"purpose": "joint-statistics", "placement": {}, "parameters": {}}
    program_id = market.reader.job(market.main_job_id).program_id
    order = Order(
        consumer=session.keys.address,
        program_id=program_id,
        inputs=tuple(Input(licence_id=licence_id, columns=columns) for licence_id in licence_ids),
        visibility=1,
        recipient_key=session.keys.sealing_key,
        details_hash=document_hash(details),
        max_price=10**20,
        deadline=int(time.time()) + 600,
        salt=time.time_ns(),
    )
    domain = session.deployment.domain("Market")
    return {
        "job_id": order.digest(domain),
        "order": order.to_json(),
        "signature": order.sign(domain, session.keys.account.key),
        "details": details,
    }


def clauses(market: Market, job_id: str) -> set[str]:
    (row,) = market.rows("SELECT reason_detail FROM orders_job WHERE job_id = %s", job_id)
    return {refusal["clause"] for refusal in row[0]["refusals"]}


def refused(market: Market, order: dict[str, Any], clause: str) -> None:
    """Place it; it ends at admission with this clause, and the chain never hears of it."""
    with nothing_reserved(market):
        job_id = place_order(market.consumer, order)
        job = market.wait_for_state(job_id, "FAILED")
    assert job["reason_code"] == "admission_refused"
    assert clause in clauses(market, job_id)
    assert market.rows("SELECT 1 FROM chain_chaintransaction WHERE job_id = %s", job_id) == []
    assert market.reader.job(job_id).state.name == "NONE"


def test_a_licence_that_nobody_granted_is_an_unknown_licence(market: Market, licences: Licences) -> None:
    with nothing_reserved(market), pytest.raises(Problem) as caught:
        place_order(market.consumer, signed(market, UNKNOWN, licences.bank))
    assert isinstance(caught.value, NotFound | Unprocessable)
    assert caught.value.code == "licence_unknown"
    assert UNKNOWN in caught.value.detail


def test_an_unlicensed_column_is_named(market: Market, licences: Licences) -> None:
    order = signed(market, licences.one_run, licences.bank, columns=0b101)
    answer = market.consumer.client.explain_order({k: v for k, v in order.items() if k != "job_id"})
    (refusal,) = [entry for entry in answer["refusals"] if entry["clause"] == "columns"]
    assert refusal["column"] == "monthly_charges"
    refused(market, order, "columns")


def test_a_revoked_licence_is_refused(market: Market, licences: Licences) -> None:
    refused(market, signed(market, licences.revoked, licences.bank), "revocation")


def test_an_expired_licence_is_refused(market: Market, licences: Licences) -> None:
    refused(market, signed(market, licences.expired, licences.bank), "validity")


def test_the_consumers_command_passes_over_a_licence_that_has_just_expired(market: Market) -> None:
    """The market may still call it granted, and it is the newest that fits."""
    columns = ("tenure", "monthly_charges", "total_charges", "fiber_optic")
    expired = grant(market, "expired in full", columns=columns, clock=a_day_slow, valid_days=1)
    query = "SELECT 1 FROM licences_licence WHERE licence_id = %s AND state = 'GRANTED'"
    wait_until(lambda: market.rows(query, expired), "the grant")
    await_end(market, expired)
    order = str(market.homes / "consumer" / "order.toml")
    done = market.command("consumer", "consumer", "explain", order, "--json")
    assert done.returncode == 0, done.stdout


def test_the_last_run_serves_one_job_and_a_second_one_finds_the_licence_exhausted(
    market: Market, licences: Licences
) -> None:
    first = place_order(market.consumer, signed(market, licences.one_run, licences.bank))
    wait_until(lambda: market.reader.quantities(licences.one_run).reserved.runs == 1, "the reservation")
    second = place_order(market.consumer, signed(market, licences.one_run, licences.bank))
    assert market.wait_for_state(second, "FAILED")["reason_code"] == "admission_refused"
    assert {"runs"} <= clauses(market, second)
    market.wait_for_state(first, "SETTLED")
    left = market.reader.quantities(licences.one_run)
    assert (left.remaining.runs, left.reserved.runs, left.consumed.runs) == (0, 0, 1)
    refused(market, signed(market, licences.one_run, licences.bank), "runs")
