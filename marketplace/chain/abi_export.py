"""Makes `abi.json` from forge's output. No Django."""

from __future__ import annotations

import json
from pathlib import Path

from marketplace.chain.abi import CONTRACTS
from marketplace.chain.artefacts import artefact_load

__all__ = ["interfaces_text"]

KINDS = frozenset({"constructor", "error", "event", "function"})


def interfaces_text(directory: Path) -> str:
    """The text of `abi.json`: every contract's interface, one entry a line, without the compiler's types."""
    parts = []
    for name in CONTRACTS:
        entries = [
            json.dumps(_without_internal_types(entry), separators=(",", ":"))
            for entry in artefact_load(directory, name).abi
            if entry["type"] in KINDS
        ]
        parts.append(f'"{name}": [\n' + ",\n".join(entries) + "\n]")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _without_internal_types(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_internal_types(item) for key, item in value.items() if key != "internalType"}
    if isinstance(value, list):
        return [_without_internal_types(item) for item in value]
    return value
