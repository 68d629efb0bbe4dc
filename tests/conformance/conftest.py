"""What every implementation of the curve and the verifier must do alike: py_ecc, the kernel, the chain.

- laws, encodings, vectors: `test_scalar_vectors`, `test_polynomials`, `test_group_laws`,
  `test_point_lists`, `test_pairing`, `test_point_encodings`; `test_ethereum_vectors` (EIP-196, EIP-197)
  on anvil's precompiles too
- the same answers on random and on hostile input: `test_backends_agree`, `test_chain_agrees`
- PROTOCOL, *Must be rejected*: `test_must_be_rejected`, and for the contract on the same vectors
  `contracts/test/Groth16VerifierVectors.t.sol`; `test_every_byte_of_a_proof` on backends and contract
"""

from __future__ import annotations

import os
import shutil

import pytest

from proofs.backend import Backend, available_backends, get_backend
from proofs.field import P, R
from tests.conformance.chain import Chain, deploy_verifier

TWIST_B = (
    19485874751759354771024239261021720505790618469301721065564631296452457478373,
    266929791119991161246907387137283842545076965332900288569378510910307636690,
)

# The order of the twist is r * (2p - r), and 2p - r has this small factor.
SMALL_FACTOR = 10069


@pytest.fixture(scope="session", params=["py_ecc", "native"])
def backend(request: pytest.FixtureRequest) -> Backend:
    return load(request.param)


@pytest.fixture(scope="session")
def reference() -> Backend:
    return get_backend("py_ecc")


@pytest.fixture(scope="session")
def native() -> Backend:
    return load("native")


def load(name: str) -> Backend:
    if name in available_backends():
        return get_backend(name)
    missing = "the native kernel is not built: maturin develop --release -m proofs/native/Cargo.toml"
    if os.environ.get("HENGSUAN_REQUIRE_KERNEL") == "1" or shutil.which("cargo"):
        pytest.fail(missing)
    pytest.skip(f"{missing} (and there is no Rust toolchain here)")


@pytest.fixture(scope="session")
def chain(chain_url: str) -> Chain:
    """The precompiles and the contract, asked by eth_call."""
    return Chain(chain_url)


@pytest.fixture(scope="session")
def verifier_address(chain: Chain) -> str:
    """A Groth16Verifier with the key of the vectors of tests/vectors/contract."""
    return deploy_verifier(chain)


@pytest.fixture(scope="session")
def twist_point(reference: Backend) -> bytes:
    """On the twist, outside the subgroup of order r."""
    x0 = 1
    while (y := square_root(right_hand_side((x0, 0)))) is None:
        x0 += 1
    return encode((x0, 0), y)


@pytest.fixture(scope="session")
def small_order_point(reference: Backend, twist_point: bytes) -> bytes:
    """On the twist, of order 10069: what a check by random combination would often let pass."""
    exponent = R * (2 * P - R) // SMALL_FACTOR
    result, power = bytes(128), twist_point
    while exponent:
        if exponent & 1:
            result = reference.g2_sum(result + power)
        power = reference.g2_sum(power + power)
        exponent >>= 1
    assert result != bytes(128)
    return result


def multiply(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
    return (a[0] * b[0] - a[1] * b[1]) % P, (a[0] * b[1] + a[1] * b[0]) % P


def right_hand_side(x: tuple[int, int]) -> tuple[int, int]:
    cube = multiply(multiply(x, x), x)
    return (cube[0] + TWIST_B[0]) % P, (cube[1] + TWIST_B[1]) % P


def square_root(a: tuple[int, int]) -> tuple[int, int] | None:
    """A root in F_p^2 by the complex method, p = 3 mod 4; None for a non-residue."""
    norm_root = pow(a[0] * a[0] + a[1] * a[1], (P + 1) // 4, P)
    for sign in (1, -1):
        half = (a[0] + sign * norm_root) * pow(2, -1, P) % P
        real = pow(half, (P + 1) // 4, P)
        if not real:
            continue
        root = (real, a[1] * pow(2 * real, -1, P) % P)
        if multiply(root, root) == a:
            return root
    return None


def encode(x: tuple[int, int], y: tuple[int, int]) -> bytes:
    return b"".join(value.to_bytes(32) for value in (x[1], x[0], y[1], y[0]))
