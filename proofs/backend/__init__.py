"""Curve backends for BN254: the native kernel, and py_ecc as the reference.

``get_backend()`` is the only way in; the interface is ``proofs.backend.base.Backend``.
"""

from __future__ import annotations

import logging
import os
import sys
from functools import cache
from importlib.util import find_spec

from proofs.backend.base import Backend, Bases, Buffer
from proofs.errors import ProofSystemError

__all__ = ["Backend", "BackendUnavailable", "Bases", "Buffer", "available_backends", "get_backend"]

_log = logging.getLogger(__name__)

SLOW = (
    "py_ecc computes in Python integers on one core: proofs take some hundred times as long as with the "
    "native kernel; to build that, run `maturin develop --release -m proofs/native/Cargo.toml`"
)

ENVIRONMENT_VARIABLE = "HENGSUAN_PROOFS_BACKEND"


class BackendUnavailable(ProofSystemError):
    """The backend asked for does not exist or is not built."""


def available_backends() -> tuple[str, ...]:
    """Names that ``get_backend`` accepts here, fastest first."""
    return ("native", "py_ecc") if _native_is_built() else ("py_ecc",)


def get_backend(name: str | None = None) -> Backend:
    """The backend called ``name``, or by HENGSUAN_PROOFS_BACKEND, or the fastest there is.

    Raises BackendUnavailable, with the remedy, for an unknown name or a kernel that is not built.
    """
    chosen = name or os.environ.get(ENVIRONMENT_VARIABLE) or available_backends()[0]
    return _load(chosen)


def _native_is_built() -> bool:
    return find_spec("hengsuan_native") is not None


@cache
def _load(name: str) -> Backend:
    if name == "py_ecc":
        # Importing py_ecc raises the interpreter's recursion limit to 100,000, beyond what the C stack
        # bears: deeply nested JSON would then crash the whole process instead of raising RecursionError.
        limit = sys.getrecursionlimit()
        try:
            from proofs.backend.reference import PyEccBackend
        finally:
            sys.setrecursionlimit(limit)
        return PyEccBackend()
    if name == "native":
        if not _native_is_built():
            raise BackendUnavailable(
                "the native kernel is not built; run "
                "`maturin develop --release -m proofs/native/Cargo.toml`, or choose py_ecc"
            )
        from proofs.backend.native import NativeBackend

        return NativeBackend()
    raise BackendUnavailable(f"there is no backend {name!r}; choose native or py_ecc")
