"""Nothing secret reaches a log, the printed form of an object, or the message of an error."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from proofs import node, opening, prover
from proofs.backend import Backend, get_backend
from proofs.errors import ProofSystemError
from proofs.hadamard_shares import ProductMasks
from proofs.messages import ResultShare
from proofs.node import NodeState
from proofs.randomness import SeededRandom
from proofs.setup import SetupSecrets
from proofs.sharing import DealerPackage
from scheduler.agents.keys import load_or_create_keys
from scheduler.agents.state import StateDirectory

Play = Callable[..., Any]


def spellings(value: int) -> Iterator[str]:
    """How a scalar could stand in a text."""
    raw = value.to_bytes(32, "big")
    yield from (str(value), f"{value:x}", raw.hex(), repr(raw)[2:-1])


def secrets_of(attempt: Any) -> dict[str, int]:
    """The scalars of one attempt that nobody but their owner may see."""
    found: dict[str, int] = {}
    for seat, first in attempt.first.items():
        found |= {f"r of seat {seat}": first.state.r, f"s of seat {seat}": first.state.s}
        found |= {f"mu({seat})": first.share.mu, f"mu_tau({seat})": first.share.mu_tau}
        found[f"M'({seat})"] = int.from_bytes(first.share.outputs[:32], "big")
        for dealer, package in enumerate(attempt.packages[seat]):
            (share,) = package.columns.values()
            place = f"of dealer {dealer} for seat {seat}"
            found |= {f"mu {place}": package.mu, f"Z {place}": package.z[1]}
            found |= {
                f"share {place}": int.from_bytes(share[:32], "big"),
                f"zero {place}": int.from_bytes(package.zero[:32], "big"),
            }
    for position, dealing in enumerate(attempt.dealings, 1):
        found[f"slope of column {position}"] = int.from_bytes(dealing.slopes(position)[0][:32], "big")
    column = attempt.cast.columns[1]
    found["blinding row"] = int.from_bytes(column[-32:], "big")
    return found


def assert_silent(text: str, secrets: dict[str, int]) -> None:
    shown = [name for name, value in secrets.items() if any(form in text for form in spellings(value))]
    assert not shown, f"{shown} can be read in: {text[:300]}"


@pytest.fixture
def backend() -> Backend:
    """The fastest: nothing here depends on the curve."""
    return get_backend()


@pytest.fixture
def attempt(play: Play) -> Any:
    return play((1, 2, 3), is_sealed=True)


def failures(attempt: Any) -> Iterator[str]:
    """The messages of what goes wrong with secrets in hand."""
    cast, first, packages = attempt.cast, attempt.first, attempt.packages
    state, share, package = first[1].state, first[1].share, packages[1][0]
    elsewhere = replace(state.context, attempt=9)
    bad_share = replace(share, outputs=share.outputs[:-32] + b"\xff" * 32)
    shares = [replace(first[seat].share, mu=first[seat].share.mu_tau) for seat in (1, 2, 3)]
    masked = [int.from_bytes(share.outputs[:32], "big")] * 9
    attempts: list[Callable[[], object]] = [
        lambda: NodeState.from_bytes(state.to_bytes(), context=elsewhere, seat=1),
        lambda: NodeState.from_bytes(state.to_bytes()[:-1], context=state.context, seat=1),
        lambda: DealerPackage.from_bytes(cast.backend, package.to_bytes(), context=elsewhere, seat=1),
        lambda: DealerPackage.from_bytes(
            cast.backend, package.to_bytes()[:-1], context=state.context, seat=1
        ),
        lambda: ResultShare.from_bytes(cast.backend, bad_share.to_bytes(), context=state.context, seat=1),
        lambda: opening.open_sealed(cast.key, cast.statement, cast.schemas, first[1].message.result, shares),
        lambda: node.share_columns(cast.key, cast.statement, [*packages[1], package]),
        lambda: node.round2(cast.key, cast.context, cast.statement, packages[2], state, []),
        lambda: opening.decode_outputs(cast.statement, cast.schemas, masked),
    ]
    for fail in attempts:
        with pytest.raises(ProofSystemError) as caught:
            fail()
        yield f"{caught.value!r} {caught.value}"


def test_a_jobs_log_at_its_loudest_holds_no_secret(
    fast_cast: Any, attempt: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger().debug("the log is on")
    answers = attempt.fresh((1, 2, 3))
    attempt.combine(answers, attempt.second(answers))
    prover.prove_sealed(
        fast_cast.key, fast_cast.context, fast_cast.statement, fast_cast.columns, fast_cast.commitments
    )
    assert "the log is on" in caplog.text
    assert_silent(caplog.text, secrets_of(attempt))


def test_no_printed_object_shows_what_it_keeps(attempt: Any) -> None:
    text = repr(attempt.first) + repr(attempt.packages) + repr(attempt.dealings)
    text += str(attempt.second(attempt.fresh((1, 2, 3))))
    assert_silent(text, secrets_of(attempt))


def test_no_error_message_quotes_a_secret(attempt: Any) -> None:
    assert_silent(" ".join(failures(attempt)), secrets_of(attempt))


def test_setups_products_results_and_keys_print_no_secret(
    attempt: Any, fast_cast: Any, tmp_path: Any
) -> None:
    waste = SetupSecrets.drawn(SeededRandom(bytes(32)))
    context = attempt.packages[1][0].context
    mask = ProductMasks(context, bytes(32), 0, 2).mask(1)
    proven = prover.prove_sealed(
        fast_cast.key, fast_cast.context, fast_cast.statement, fast_cast.columns, fast_cast.commitments
    )
    keys = load_or_create_keys(StateDirectory(tmp_path / "state"))
    secrets = {f"setup {name}": value for name, value in vars(waste).items()}
    secrets |= {"Z of a product": mask.z, "its blinding": int.from_bytes(mask.blinding[:32], "big")}
    secrets |= {
        "mu": proven.blinding.mu,
        "mu_tau": proven.blinding.mu_tau,
    }
    secrets |= {
        "account": int.from_bytes(bytes(keys.account.key), "big"),
        "sealing": int.from_bytes(bytes(keys.sealing), "big"),
        "signing": int.from_bytes(bytes(keys.signing), "big"),
    }
    assert_silent(f"{waste!r}{mask!r}{proven!r}{proven.blinding!r}{keys!r}", secrets)
