"""What forge compiled: interfaces and creation code. No Django. Only deployment needs it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marketplace.chain.deployment import code_hash
from marketplace.chain.errors import ArtefactMissing

__all__ = ["Artefact", "artefact_load"]


@dataclass(frozen=True, slots=True)
class Artefact:
    """One compiled contract."""

    name: str
    abi: list[dict[str, Any]]
    creation_code: bytes

    @property
    def creation_code_hash(self) -> str:
        return code_hash(self.creation_code)


def artefact_load(directory: Path, name: str) -> Artefact:
    """Read `<directory>/<name>.sol/<name>.json` (forge's output); raises `ArtefactMissing`."""
    path = directory / f"{name}.sol" / f"{name}.json"
    try:
        document = json.loads(path.read_text())
    except FileNotFoundError:
        raise ArtefactMissing(f"there is no compiled contract at {path}") from None
    code = document["bytecode"]["object"]
    if "__$" in code:
        raise ArtefactMissing(f"{name} needs a library that is not linked in; make its functions internal")
    return Artefact(name=name, abi=document["abi"], creation_code=bytes.fromhex(code.removeprefix("0x")))
