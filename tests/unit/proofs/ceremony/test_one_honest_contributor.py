"""One honest contributor is enough: all others together do not know the secrets, and cannot choose them.

Mallory, Trudy and the beacon are one adversary here: every factor is known but Ada's.
"""

from __future__ import annotations

import pytest

from proofs import ceremony as rooms
from proofs.backend import Backend
from proofs.ceremony.entropy import draw_secrets
from proofs.ceremony.scalars import KEYS, PRINCIPALS
from proofs.field import R

from .conftest import Run, seeded

ADA = "ada, keys"


def factors_of(seed: str) -> dict[str, int]:
    return draw_secrets(seeded(seed), KEYS)


@pytest.mark.parametrize("scalar", list(PRINCIPALS[KEYS]))
def test_what_the_others_know_is_not_the_secret(run: Run, backend: Backend, scalar: str) -> None:
    group = PRINCIPALS[KEYS][scalar]
    final = rooms.verify(backend, run.closed).principals[scalar]
    ada = factors_of(ADA)
    known = run.product(without=ada)[scalar]
    # The product of all other factors is off by exactly Ada's.
    assert group.multiply(backend, group.generator(backend), known) != final
    assert group.multiply(backend, group.generator(backend), known * ada[scalar] % R) == final


@pytest.mark.parametrize("scalar", list(PRINCIPALS[KEYS]))
def test_every_final_secret_is_as_likely_whatever_the_others_did(run: Run, scalar: str) -> None:
    """Ada's factor to final secret is a bijection of F_r* for any known part, so a uniform factor makes a
    uniform secret: for an aim of the adversary there is one factor of r - 1, and Ada did not draw it."""
    known = run.product(without=factors_of(ADA))[scalar]
    for aim in (1, 2, R - 1, known):
        needed = aim * pow(known, -1, R) % R
        assert needed * known % R == aim
        assert needed != factors_of(ADA)[scalar]


def test_every_secret_point_depends_on_the_honest_factor(run: Run, other_run: Run, backend: Backend) -> None:
    """The same adversary, the same phase 1, another Ada: no point that depends on a secret is the same."""
    one, other = rooms.export_key(backend, run.closed), rooms.export_key(backend, other_run.closed)
    assert run.keys.powers == other_run.keys.powers
    for name in ("lagrange", "lagrange_g2", "output_points"):
        assert one.lists[name] == other.lists[name]
    for name in ("lagrange_kappa", "quotient_points", "witness_points"):
        pairs = zip(points(one.lists[name]), points(other.lists[name]), strict=True)
        assert all(left != right for left, right in pairs)
    for name in ("beta1", "delta1", "eta_delta", "eta_tau", "kappa_l0", "kappa_eta"):
        assert one.singles[name] != other.singles[name]
    for name in ("alpha1", "alpha2", "beta2", "delta2", "kappa2", "kappa_prime2", "eta", "job_point"):
        assert getattr(one.verifying, name) != getattr(other.verifying, name)
    assert one.verifying.setup_id != other.verifying.setup_id


def test_no_point_of_the_ceremony_is_a_step_factor_of_kappa_prime_in_g1(run: Run, backend: Backend) -> None:
    """[kappa']1 would let a prover add any c[1] to Y and c[kappa']1 to P; nothing published gives it away."""
    published = {point for step in run.closed.transcript.steps for point in step.principals.values()}
    published |= {proof.commitment for step in run.closed.transcript.steps for proof in step.proofs.values()}
    for phase in ("powers", "keys"):
        for content in run.closed.files(phase).values():
            published |= set(points(content))
    partial = 1
    for factors in run.factors:
        if "kappa_prime" in factors:
            partial = partial * factors["kappa_prime"] % R
            for k in (factors["kappa_prime"], partial):
                assert backend.g1_mul(backend.g1_generator(), k) not in published


def points(content: bytes) -> list[bytes]:
    return [content[i : i + 64] for i in range(0, len(content), 64)]
