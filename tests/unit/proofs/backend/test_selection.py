"""Which backend a caller gets."""

from __future__ import annotations

import importlib.util

import pytest

from proofs.backend import BackendUnavailable, available_backends, get_backend


def test_the_fastest_backend_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HENGSUAN_PROOFS_BACKEND", raising=False)
    assert get_backend().name == available_backends()[0]


def test_the_environment_chooses_the_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HENGSUAN_PROOFS_BACKEND", "py_ecc")
    assert get_backend().name == "py_ecc"


def test_an_explicit_name_overrides_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HENGSUAN_PROOFS_BACKEND", "nonsense")
    assert get_backend("py_ecc").name == "py_ecc"


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(BackendUnavailable, match="choose native or py_ecc"):
        get_backend("libsnark")


def test_asking_for_a_kernel_that_is_not_built_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        "proofs.backend.find_spec", lambda name: None if name == "hengsuan_native" else find_spec(name)
    )
    monkeypatch.setattr("proofs.backend._load", get_backend.__globals__["_load"].__wrapped__)
    assert available_backends() == ("py_ecc",)
    with pytest.raises(BackendUnavailable, match="maturin develop"):
        get_backend("native")
