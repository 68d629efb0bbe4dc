"""How a node's proving time and memory grow with rows (2^12 to 2^20) and with columns (2 to 32).

Prints two tables and draws them, both axes logarithmic, into docs/performance-growth.svg.

    python tests/bench/bench_growth.py [--rows 12,14,16,18,20] [--columns 2,4,8,16,32] [--runs 3]
"""

from __future__ import annotations

import argparse
import math
import secrets
from pathlib import Path

from bench_proving import Job
from measure import Measured, in_process, seconds_of

from proofs.node import deal_context, round1, round2
from proofs.sharing import Dealing

DRAWING = Path(__file__).parents[2] / "docs" / "performance-growth.svg"
LOG_ROWS_OF_COLUMNS = 14
COLUMNS_OF_ROWS = 4
SEATS = (1, 2, 3)

Series = list[tuple[int, Measured]]


def round2_seconds(log: int, columns: int, runs: int) -> float:
    """Seconds of one node's round 2 over n = 2^log rows and so many columns, ``ones`` among them."""
    n = 1 << log
    job = Job(n, n - 2, None, columns - 1)
    dealt = deal_context(job.key, job.context, job.statement, 1, is_sealed=True)
    dealing = Dealing(job.backend, dealt, secrets.token_bytes(32), dict(enumerate(job.columns[1:], start=1)))
    own, messages, state = [dealing.package(1)], [], None
    for seat in SEATS:
        answer = round1(job.key, job.statement, own if seat == 1 else [dealing.package(seat)])
        messages.append(answer.message)
        state = state or answer.state
    assert state is not None
    return seconds_of(lambda: round2(job.key, job.context, job.statement, own, state, messages), runs)


def table(title: str, series: Series) -> None:
    print(f"\n| {title} | s | MiB |\n|---:|---:|---:|")
    for x, measured in series:
        print(f"| {x:,} | {measured.seconds:.3f} | {measured.peak_mib:,.0f} |", flush=True)


def panel(left: int, title: str, unit: str, series: Series, values: list[float], colour: str) -> str:
    """One small plot, 200 by 150, logarithmic on both sides, labelled at both ends."""
    xs = [math.log2(x) for x, _ in series]
    ys = [math.log10(value) for value in values]
    low = min(ys)
    high = max(*ys, low + 0.3)

    def place(x: float, y: float) -> tuple[float, float]:
        width = (x - xs[0]) / ((xs[-1] - xs[0]) or 1) * 200
        return left + width, 190 - (y - low) / (high - low) * 140

    points = [place(x, y) for x, y in zip(xs, ys, strict=True)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    parts = [
        f'<text x="{left}" y="22" font-weight="bold">{title}</text>',
        f'<path d="M{left} 40V200H{left + 205}" fill="none" stroke="#888"/>',
        f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>',
    ]
    for (x, y), (size, _), value in zip(points, series, values, strict=True):
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>')
        parts.append(f'<text x="{x:.1f}" y="216" text-anchor="middle">{label(size)}</text>')
        parts.append(f'<text x="{x:.1f}" y="{y - 8:.1f}" text-anchor="middle">{value:.3g}{unit}</text>')
    return "\n".join(parts)


def label(size: int) -> str:
    return f"2^{size.bit_length() - 1}" if size > 1000 else str(size)


def drawing(rows: Series, columns: Series) -> str:
    panels = []
    for left, title, series in ((40, "rows", rows), (580, "columns", columns)):
        panels.append(
            panel(left, f"seconds by {title}", " s", series, [m.seconds for _, m in series], "#1f6f8b")
        )
        panels.append(
            panel(left + 270, f"memory by {title}", "", series, [m.peak_mib for _, m in series], "#b5532a")
        )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1110 230" font-family="sans-serif" '
        'font-size="11">\n'
        '<rect width="1110" height="230" fill="#fff"/>\n' + "\n".join(panels) + "\n</svg>\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", default="12,14,16,18,20", help="log2 of the rows, comma-separated")
    parser.add_argument("--columns", default="2,4,8,16,32", help="numbers of columns with ones")
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    columns: Series = []
    for count in map(int, arguments.columns.split(",")):
        columns.append((count, in_process(round2_seconds, LOG_ROWS_OF_COLUMNS, count, arguments.runs)))
    table(f"columns, n = 2^{LOG_ROWS_OF_COLUMNS}", columns)
    rows: Series = []
    for log in map(int, arguments.rows.split(",")):
        runs = arguments.runs if log < 20 else 1
        rows.append((1 << log, in_process(round2_seconds, log, COLUMNS_OF_ROWS, runs)))
    table(f"rows, {COLUMNS_OF_ROWS} columns", rows)
    DRAWING.write_text(drawing(rows, columns))


if __name__ == "__main__":
    main()
