"""How the pages write amounts, hashes and states."""

from __future__ import annotations

import pytest

from marketplace.web.templatetags.hengsuan import grouped, short_hash, state_badge, token_amount


@pytest.mark.parametrize(
    ("units", "shown"),
    [
        (0, "0"),
        (10**18, "1"),
        (15 * 10**17, "1.5"),
        (1, "0.000000000000000001"),
        (1234567 * 10**18, "1\u202f234\u202f567"),
        (2**256 - 1, None),
        (None, "–"),
        ("x", "–"),
    ],
)
def test_amounts_are_exact(units: object, shown: str | None) -> None:
    written = token_amount(units)
    if shown is not None:
        assert written == shown
    else:
        assert int(written.replace("\u202f", "").replace(".", "")) == units


def test_numbers_are_grouped_and_other_things_are_left() -> None:
    assert grouped(-1234567) == "-1\u202f234\u202f567"
    assert grouped("–") == "–"


def test_a_hash_is_short_with_the_whole_at_hand() -> None:
    shown = short_hash("0x" + "ab" * 32)
    assert "0xababab…ababab" in shown
    assert f'title="0x{"ab" * 32}"' in shown
    assert short_hash("") == ""


def test_an_unknown_state_is_shown_as_it_is_and_escaped() -> None:
    assert "&lt;b&gt;" in state_badge("<b>")
