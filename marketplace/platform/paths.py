"""Where things of one installation are."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Installation", "write_private"]


@dataclass(frozen=True)
class Installation:
    """The repository, and the folder `var` that holds everything a run leaves behind."""

    root: Path
    var: Path

    @classmethod
    def here(cls) -> "Installation":
        """Return the installation this code belongs to; HENGSUAN_VAR_DIR moves its `var` elsewhere."""
        root = Path(__file__).resolve().parents[2]
        return cls(root=root, var=Path(os.environ.get("HENGSUAN_VAR_DIR") or root / "var").resolve())

    @property
    def logs(self) -> Path:
        """One file per supervised process."""
        return self.var / "log"

    @property
    def ports(self) -> Path:
        """The book of ports."""
        return self.var / "ports.json"

    @property
    def python(self) -> str:
        """The interpreter that runs this, and so every process that it starts."""
        return sys.executable


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, so that no one sees a half-written or open one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    draft.replace(path)
