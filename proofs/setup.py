"""Making, saving and loading setups. PROTOCOL, *Setup, one per capacity*.

A key directory holds ``key.json`` (header: format, n, ceremony, verifying key, SHA-256 of every file) and one
``.points`` file for each list of points in their wire encodings. A development setup is made by one party
from random secrets that it could have kept: it is called insecure in its file and on the command line.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from proofs import formats, key_cache
from proofs.backend.base import SCALAR_BYTES, Backend, Bases
from proofs.clock import timed
from proofs.errors import MalformedInput, VerifyingKeyInvalid, WrongLength
from proofs.field import R, root_of_unity
from proofs.key_check import check_proving_key
from proofs.keys import DEVELOPMENT, ProvingKey, VerifyingKey
from proofs.randomness import OsRandom, Random, draw_scalar
from proofs.statement import MAX_OUTPUTS

__all__ = [
    "KeyMaterial",
    "SetupSecrets",
    "ensure_development_setup",
    "generate",
    "load",
    "load_lagrange",
    "load_verifying_key",
    "save",
]

FORMAT = "hengsuan/proving-key/v1"
HEADER = "key.json"
INSECURE = "development setup: made by one party, proofs under it can be forged; never use it for real data"

FILES = ("lagrange", "lagrange_g2", "lagrange_kappa", "quotient_points", "witness_points", "output_points")
SINGLES = (
    "beta1",
    "delta1",
    "eta_delta",
    "eta_tau",
    "kappa_l0",
    "kappa_eta",
    "job_row1",
    "job_row2",
)


@dataclass(frozen=True, repr=False)  # secret: never in a log
class SetupSecrets:
    """Toxic waste: whoever knows these scalars can forge proofs. Never stored."""

    tau: int
    alpha: int
    beta: int
    delta: int
    eta: int
    kappa: int
    kappa_prime: int

    @classmethod
    def drawn(cls, random: Random) -> SetupSecrets:
        return cls(*(draw_scalar(random) for _ in range(7)))


@dataclass(frozen=True)
class KeyMaterial:
    """All points of a proving key as bytes: what is stored, and what ``ProvingKey`` is made of."""

    verifying: VerifyingKey
    ceremony: str
    lists: dict[str, bytes]
    singles: dict[str, bytes]

    def proving_key(self, backend: Backend, *, trusted: bool) -> ProvingKey:
        """Checks every point (all but the G2 subgroup if ``trusted``) and the lists' lengths."""
        bases = {
            name: backend.g2_bases(points, trusted=trusted)
            if name == "lagrange_g2"
            else backend.g1_bases(points)
            for name, points in self.lists.items()
        }
        return _proving_key(backend, self.verifying, self.ceremony, bases, self.singles)


def _proving_key(
    backend: Backend,
    verifying: VerifyingKey,
    ceremony: str,
    bases: Mapping[str, Bases],
    singles: Mapping[str, bytes],
) -> ProvingKey:
    """Checks verifying key, single points and the lists' lengths; the points of the lists were checked."""
    n = verifying.n
    verifying.check(backend)
    for name, value in singles.items():
        check = backend.g2_check if name == "job_row2" else backend.g1_check
        check(value)
    expected = dict.fromkeys(FILES[:3], n) | dict.fromkeys(FILES[3:5], n - 1)
    for name, count in expected.items():
        if len(bases[name]) != count:
            raise WrongLength(f"{name} has {len(bases[name])} points, a key for n = {n} has {count}")
    if not 1 <= len(bases["output_points"]) <= MAX_OUTPUTS:
        raise WrongLength(f"a key has between 1 and {MAX_OUTPUTS} output points")
    return ProvingKey(
        backend=backend,
        verifying=verifying,
        ceremony=ceremony,
        lagrange=bases["lagrange"],
        lagrange_g2=bases["lagrange_g2"],
        lagrange_kappa=bases["lagrange_kappa"],
        quotient_points=bases["quotient_points"],
        witness_points=bases["witness_points"],
        output_points=bases["output_points"],
        beta1=singles["beta1"],
        delta1=singles["delta1"],
        eta_delta=singles["eta_delta"],
        eta_tau=singles["eta_tau"],
        kappa_l0=singles["kappa_l0"],
        kappa_eta=singles["kappa_eta"],
        job_row1=singles["job_row1"],
        job_row2=singles["job_row2"],
    )


def generate(
    backend: Backend,
    n: int,
    *,
    secrets: SetupSecrets | None = None,
    random: Random | None = None,
    max_outputs: int = MAX_OUTPUTS,
) -> KeyMaterial:
    """A development setup for capacity n. Insecure: the secrets exist in this process.

    Raises VerifyingKeyInvalid for a capacity that is not a power of two in [8, 2^28].
    """
    if n < 8 or n & (n - 1):
        raise VerifyingKeyInvalid(f"capacity {n} is not a power of two in [8, 2^28]")
    x = secrets or SetupSecrets.drawn(random or OsRandom())
    lagrange = _lagrange_at(backend, n, x.tau)
    scalars = _list_scalars(backend, n, x, lagrange, max_outputs)
    g1, g2 = backend.g1_generator(), backend.g2_generator()
    lists = {
        name: backend.g2_multiples(g2, values) if name == "lagrange_g2" else backend.g1_multiples(g1, values)
        for name, values in scalars.items()
    }
    verifying, singles = _fixed_points(backend, n, x, lagrange)
    return KeyMaterial(verifying, DEVELOPMENT, lists, singles)


def _lagrange_at(backend: Backend, n: int, tau: int) -> bytes:
    """L_i(tau) = w^i (tau^n - 1) / (n (tau - w^i)) for every i."""
    domain = backend.vec_powers(root_of_unity(n), n)
    differences = backend.vec_sub(tau.to_bytes(SCALAR_BYTES, "big") * n, domain)
    factor = (pow(tau, n, R) - 1) * pow(n, -1, R) % R
    return backend.vec_scale(backend.vec_mul(domain, backend.vec_inverse(differences)), factor)


def _list_scalars(
    backend: Backend, n: int, x: SetupSecrets, lagrange: bytes, max_outputs: int
) -> dict[str, bytes]:
    """The scalars of each list of points, in the order of FILES."""
    over_delta = pow(x.delta, -1, R)
    vanishing = (pow(x.tau, n, R) - 1) % R
    first = lagrange[:SCALAR_BYTES]
    last = (n - 2) * SCALAR_BYTES
    middle = backend.vec_sub(lagrange[SCALAR_BYTES:last], first * (n - 3))
    return {
        "lagrange": lagrange,
        "lagrange_g2": lagrange,
        "lagrange_kappa": backend.vec_scale(lagrange, x.kappa),
        "quotient_points": backend.vec_scale(backend.vec_powers(x.tau, n - 1), vanishing * over_delta % R),
        "witness_points": backend.vec_scale(middle + lagrange[last:], over_delta),
        "output_points": backend.vec_scale(
            backend.vec_powers(x.tau, max_outputs), int.from_bytes(first, "big")
        ),
    }


def _fixed_points(
    backend: Backend, n: int, x: SetupSecrets, lagrange: bytes
) -> tuple[VerifyingKey, dict[str, bytes]]:
    """The verifying key and the single points of the proving key."""
    l0 = int.from_bytes(lagrange[:SCALAR_BYTES], "big")
    job_row = int.from_bytes(lagrange[(n - 2) * SCALAR_BYTES : (n - 1) * SCALAR_BYTES], "big")

    def g1(k: int) -> bytes:
        return backend.g1_mul(backend.g1_generator(), k % R)

    def g2(k: int) -> bytes:
        return backend.g2_mul(backend.g2_generator(), k % R)

    verifying = VerifyingKey(
        n=n,
        alpha1=g1(x.alpha),
        alpha2=g2(x.alpha),
        beta2=g2(x.beta),
        delta2=g2(x.delta),
        kappa2=g2(x.kappa),
        kappa_prime2=g2(x.kappa_prime),
        tau2=g2(x.tau),
        l0=g1(l0),
        eta=g1(x.eta),
        job_point=g1((x.alpha + x.beta) * job_row),
    )
    singles = {
        "beta1": g1(x.beta),
        "delta1": g1(x.delta),
        "eta_delta": g1(x.eta * pow(x.delta, -1, R)),
        "eta_tau": g1(x.eta * x.tau),
        "kappa_l0": g1(x.kappa_prime * l0),
        "kappa_eta": g1(x.kappa_prime * x.eta),
        "job_row1": g1(job_row),
        "job_row2": g2(job_row),
    }
    return verifying, singles


def save(material: KeyMaterial, directory: Path) -> None:
    """Writes the key directory; the header last, so that a directory with a header is complete."""
    directory.mkdir(parents=True, exist_ok=True)
    digests = {}
    for name, points in material.lists.items():
        (directory / f"{name}.points").write_bytes(points)
        digests[name] = hashlib.sha256(points).hexdigest()
    header = {
        "format": FORMAT,
        "ceremony": material.ceremony,
        "verifying_key": formats.verifying_key_document(material.verifying),
        "points": {name: formats.to_hex(value) for name, value in material.singles.items()},
        "sha256": digests,
    }
    if material.ceremony == DEVELOPMENT:
        header["warning"] = INSECURE
    pending = directory / (HEADER + ".part")
    pending.write_text(json.dumps(header, indent=1) + "\n")
    pending.replace(directory / HEADER)


def _read_header(directory: Path) -> dict[str, object]:
    try:
        header = formats.parse_json((directory / HEADER).read_bytes())
    except FileNotFoundError:
        raise MalformedInput(
            f"{directory} holds no {HEADER}; make one with `python -m proofs setup`"
        ) from None
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise MalformedInput(f"{directory / HEADER} is not a {FORMAT} header")
    return header


def load_verifying_key(directory: Path) -> tuple[VerifyingKey, str]:
    """Verifying key (not yet checked) and ceremony kind of a key directory."""
    header = _read_header(directory)
    ceremony = header.get("ceremony")
    if not isinstance(ceremony, str) or not ceremony:
        raise MalformedInput("the key header does not say which ceremony made it")
    return formats.verifying_key_from(header.get("verifying_key")), ceremony


def _read_points(directory: Path, header: dict[str, object], name: str) -> bytes:
    """One list of points, whose SHA-256 must be the header's."""
    digests = formats.mapping(header.get("sha256"), FILES, "sha256")
    try:
        points = (directory / f"{name}.points").read_bytes()
    except FileNotFoundError:
        raise MalformedInput(f"{directory} lacks {name}.points; make or download the key again") from None
    if hashlib.sha256(points).hexdigest() != digests[name]:
        raise MalformedInput(f"{name}.points is not the file of its header (SHA-256 differs)")
    return points


def load_lagrange(directory: Path, backend: Backend) -> Bases:
    """[L_i]1 alone, n points: what ``ones`` is committed with. Not yet checked against the verifying key."""
    verifying, _ = load_verifying_key(directory)
    bases = backend.g1_bases(_read_points(directory, _read_header(directory), "lagrange"))
    if len(bases) != verifying.n:
        raise WrongLength(f"lagrange has {len(bases)} points, a key for n = {verifying.n} has that many")
    return bases


@timed
def load(directory: Path, backend: Backend, *, trusted: bool = False) -> ProvingKey:
    """Reads a key directory; checks digests, encodings, curve membership and every relation of the points.

    ``trusted`` skips the G2 subgroup check of the long list and the relations: for a key that this machine
    made or checked before. Then the lists are mapped from the kernel's own file, if there is one of this key
    (``proofs.key_cache``); a load without it writes it.
    """
    header = _read_header(directory)
    key_sha256 = hashlib.sha256((directory / HEADER).read_bytes()).hexdigest()
    verifying, ceremony = load_verifying_key(directory)
    points = formats.mapping(header.get("points"), SINGLES, "points")
    singles = {name: formats.from_hex(value, f"points.{name}") for name, value in points.items()}

    def mapped() -> ProvingKey | None:
        bases = key_cache.read(directory, key_sha256, backend)
        return None if bases is None else _proving_key(backend, verifying, ceremony, bases, singles)

    if trusted and (key := mapped()) is not None:
        return key
    lists = {name: _read_points(directory, header, name) for name in FILES}
    key = KeyMaterial(verifying, ceremony, lists, singles).proving_key(backend, trusted=trusted)
    if not trusted:
        check_proving_key(key)
    key_cache.write(directory, key_sha256, backend, {name: getattr(key, name) for name in FILES})
    return mapped() or key


def ensure_development_setup(
    directory: Path,
    n: int,
    backend: Backend,
    *,
    max_outputs: int = MAX_OUTPUTS,
    announce: Callable[[str], None] = lambda _: None,
) -> ProvingKey:
    """The cached development setup of this capacity in ``directory``, made now if it is not there."""
    target = directory / f"development-{n}"
    if not (target / HEADER).exists():
        announce(f"making a setup for n = {n}; {INSECURE}")
        save(generate(backend, n, max_outputs=max_outputs), target)
    return load(target, backend, trusted=True)
