"""A result as tables on the terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from scheduler.agents.messages import Speech

__all__ = ["print_result"]


def print_result(result: dict[str, Any], say: Speech, console: Console) -> None:
    """Count, means and deviations, correlations, fits; the bare matrix if there are no statistics."""
    statistics = result["statistics"]
    console.print(say("result_table", job_id=result["job_id"]), highlight=False)
    if statistics is None:
        console.print(_matrix(result))
        return
    console.print(_moments(statistics, say))
    console.print(_correlations(statistics, say))
    for fit in statistics["regressions"]:
        console.print(_regression(fit, say))


def _moments(statistics: dict[str, Any], say: Speech) -> Table:
    table = Table(title=f"{say('count')}: {statistics['count']}", title_justify="left")
    table.add_column(say("column"))
    table.add_column(say("mean"), justify="right")
    table.add_column(say("deviation"), justify="right")
    for name, mean in statistics["means"].items():
        table.add_row(name, f"{mean:,.4f}", f"{statistics['deviations'][name]:,.4f}")
    return table


def _correlations(statistics: dict[str, Any], say: Speech) -> Table:
    names = list(statistics["correlations"])
    table = Table(title=say("correlations"), title_justify="left")
    table.add_column("")
    for name in names:
        table.add_column(name, justify="right")
    for first in names:
        table.add_row(first, *(f"{statistics['correlations'][first][second]:+.3f}" for second in names))
    return table


def _regression(fit: dict[str, Any], say: Speech) -> Table | str:
    if "error" in fit:
        return f"{say('regression', target=fit['target'])}: {fit['error']}"
    table = Table(
        title=f"{say('regression', target=fit['target'])}, R² = {fit['r_squared']:.4f}", title_justify="left"
    )
    table.add_column(say("column"))
    table.add_column(say("coefficient"), justify="right")
    for name, value in fit["coefficients"].items():
        table.add_row(say("intercept") if name == "ones" else name, f"{value:+.6f}")
    return table


def _matrix(result: dict[str, Any]) -> Table:
    table = Table()
    table.add_column("")
    for name in result["right"]:
        table.add_column(name, justify="right")
    for name, line in zip(result["left"], result["outputs"], strict=True):
        table.add_row(name, *line)
    return table
