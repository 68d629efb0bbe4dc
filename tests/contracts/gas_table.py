"""Writes docs/gas.md from the gas that the forge tests measured.

    python tests/contracts/gas_table.py

``tests/contracts/test_gas.py`` compares the committed file and the goals of the contracts with the snapshots.
"""

from __future__ import annotations

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SNAPSHOTS = ROOT / "contracts" / "snapshots"
DOCUMENT = ROOT / "docs" / "gas.md"
COLUMNS = (2, 4, 8, 16)
ROWS = {
    "verify, sealed": "verify_sealed_{}",
    "verify, public (all outputs)": "verify_public_{}",
    "verify, sealed, each of a batch of 8": "verify_batch_of_8_sealed_{}",
    "open": "open_sealed_{}_paid_before",
    "settle, sealed": "settle_sealed_{}_paid_before",
    "settle, public (all outputs)": "settle_public_{}_paid_before",
}
SAME_SIZE = {"open_sealed_4_paid_before": "open_sealed_4_again_paid_before"}
SAME_SIZE |= {"settle_sealed_4_paid_before": "settle_sealed_4_again_paid_before"}
OTHERS = {
    "verify, public, one output": "verify_public_one_output",
    "settle, sealed, 4 columns, first payment to all six payees": "settle_sealed_4",
    "settle four sealed and two public jobs in one batch": "settle_batch_4_sealed_2_public",
    "reseat, 4 columns": "reseat_4",
    "cancel, 4 columns": "cancel_4",
    "expire, 4 columns": "expire_4",
    "register a dataset of 3 columns": "register_dataset_3",
    "grant a licence for 3 programs": "grant_licence_3_programs",
    "deposit a bond": "deposit_bond",
    "convict a node by its own statement, 4 columns": "accuse_4",
    "convict a node by its result binding": "accuse_binding",
    "convict a dealer by its shares, 4 columns": "accuse_dealer_4",
    "demand a missing answer": "demand_contribution",
    "forfeit": "forfeit",
}
HEAD = """# Gas

Made by `python tests/contracts/gas_table.py` from `contracts/snapshots/`, which `make check-gas` compares
with what the contracts use now. Transactions include calldata and their 21,000 and start with every slot
cold; *verify* is the verifier's own execution, as settling pays it. Columns include `ones`; jobs have three
nodes and two inputs (one with 2 columns), so with the treasury six payees, who have balances already.

"""


def measured() -> dict[str, int]:
    """Gas by name of the snapshot."""
    return {
        name: int(gas)
        for path in sorted(SNAPSHOTS.glob("Gas*.json"))
        for name, gas in json.loads(path.read_text(encoding="utf-8")).items()
    }


def document(gas: dict[str, int]) -> str:
    """The whole of docs/gas.md."""
    lines = [
        "| operation | " + " | ".join(f"{count} columns" for count in COLUMNS) + " |",
        "|---" * (1 + len(COLUMNS)) + "|",
    ]
    for title, pattern in ROWS.items():
        names = [pattern.format(count) for count in COLUMNS]
        cells = [f"{_shown(gas[SAME_SIZE.get(name, name)], name)}" for name in names]
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    lines += ["", "| operation | gas |", "|---|---|"]
    lines += [f"| {title} | {gas[name]:,} |" for title, name in OTHERS.items()]
    return HEAD + "\n".join(lines) + "\n" + TAIL


def _shown(gas: int, name: str) -> str:
    return f"{gas // 8:,}" if name.startswith("verify_batch_of_8") else f"{gas:,}"


TAIL = """
## Against a snarkjs verifier
Measured in the same way (forge, the same solc and settings, one call of `verifyProof`) on verifiers that
snarkjs 0.7.6 exports, made for the measurement and not kept here, since their licence is the GPL: 188,922
with one public input and 195,611 with two. A public result of one output has two inputs, the output and the
job that it is bound to, and one pairing (34,000) more, for the commitments in place of the columns.
"""


if __name__ == "__main__":
    DOCUMENT.write_text(document(measured()), encoding="utf-8")
