"""What the contracts cost is written down, and stays below what was promised (docs/gas.md)."""

from __future__ import annotations

from tests.contracts.gas_table import DOCUMENT, document, measured

GAS = measured()


def test_the_document_holds_what_was_measured() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(GAS), "run tests/contracts/gas_table.py"


def test_a_sealed_result_over_four_columns_is_verified_for_400_000() -> None:
    assert GAS["verify_sealed_4"] <= 400_000


def test_a_further_column_of_a_sealed_result_costs_at_most_12_500() -> None:
    assert GAS["verify_sealed_8"] - GAS["verify_sealed_4"] <= 4 * 12_500
    assert GAS["verify_sealed_16"] - GAS["verify_sealed_8"] <= 8 * 12_500


def test_settling_over_four_columns_for_six_payees_costs_at_most_650_000() -> None:
    assert GAS["settle_sealed_4"] <= 650_000
