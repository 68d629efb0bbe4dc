"""What is paid, and how much more when a transaction is stuck."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from marketplace.chain.fees import Fees, fees_raised

LIMIT = 10**12
wei = st.integers(min_value=0, max_value=10**11)


def pair(most: int, tip: int) -> Fees:
    return Fees(max_fee_wei=max(most, tip), priority_fee_wei=min(most, tip))


@given(wei, wei, wei, wei)
def test_a_replacement_pays_at_least_a_tenth_more_of_both(a: int, b: int, c: int, d: int) -> None:
    earlier, suggested = pair(a, b), pair(c, d)
    raised = fees_raised(earlier, suggested, highest_fee_wei=LIMIT)
    assert raised is not None
    assert 10 * raised.max_fee_wei >= 11 * earlier.max_fee_wei
    assert 10 * raised.priority_fee_wei >= 11 * earlier.priority_fee_wei
    assert raised.max_fee_wei >= suggested.max_fee_wei
    assert raised.priority_fee_wei <= raised.max_fee_wei


def test_above_the_limit_nothing_is_raised() -> None:
    assert fees_raised(Fees(LIMIT, 1), Fees(1, 1), highest_fee_wei=LIMIT) is None


@given(wei, wei, wei)
def test_a_cap_holds_for_the_tip_too(a: int, b: int, limit: int) -> None:
    capped = pair(a, b).capped(limit)
    assert capped.max_fee_wei <= limit
    assert capped.priority_fee_wei <= capped.max_fee_wei
