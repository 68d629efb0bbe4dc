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
    _print_title(say("result_table", job_id=result["job_id"]), console)
    if statistics is None:
        console.print(_matrix(result))
        return
    names = [column["name"] for column in result["columns"][1:]]
    _print_title(f"{say('count')}: {statistics['count']}", console)
    console.print(_moments(statistics, names, say))
    _print_title(say("correlations"), console)
    console.print(_correlations(statistics, names))
    for analysis in result["analyses"]:
        _print_analysis(analysis, say, console)


def _print_title(text: str, console: Console) -> None:
    console.print(text, style="bold", highlight=False, soft_wrap=True)


def _moments(statistics: dict[str, Any], names: list[str], say: Speech) -> Table:
    table = Table()
    table.add_column(say("column"))
    table.add_column(say("mean"), justify="right")
    table.add_column(say("deviation"), justify="right")
    for number, name in enumerate(names, start=1):
        mean, deviation = statistics["means"][name], statistics["deviations"][name]
        table.add_row(f"{number} {name}", f"{mean:,.4f}", f"{deviation:,.4f}")
    return table


def _correlations(statistics: dict[str, Any], names: list[str]) -> Table:
    """Columns are headed by number, so that eight of them fit on a narrow terminal."""
    table = Table()
    table.add_column("", no_wrap=True)
    for number, _ in enumerate(names, start=1):
        table.add_column(str(number), justify="right", no_wrap=True)
    for number, first in enumerate(names, start=1):
        line = [f"{statistics['correlations'][first][second]:+.2f}" for second in names]
        table.add_row(f"{number} {first}", *line)
    return table


def _print_analysis(analysis: dict[str, Any], say: Speech, console: Console) -> None:
    """Models as tables of coefficients; other answers as indented JSON; an error as what to do about it."""
    wanted = analysis["wanted"]
    title = say(f"analysis_{wanted['kind']}", about=wanted.get("target", wanted.get("label", "")))
    if "error" in analysis:
        _print_title(f"{title}: {analysis['error']['detail']} {analysis['error']['remedy']}", console)
        return
    answer = analysis["answer"]
    if not (isinstance(answer, dict) and "coefficients" in answer):
        _print_title(title, console)
        console.print_json(data=answer)
        return
    explained = answer["r_squared"]
    _print_title(title if explained is None else f"{title}, R² = {explained:.4f}", console)
    table = Table()
    table.add_column(say("column"))
    table.add_column(say("coefficient"), justify="right")
    table.add_row(say("intercept"), f"{answer['intercept']:+.6f}")
    for name, coefficient in answer["coefficients"].items():
        table.add_row(name, f"{coefficient:+.6f}")
    console.print(table)


def _matrix(result: dict[str, Any]) -> Table:
    table = Table()
    table.add_column("")
    for name in result["right"]:
        table.add_column(name, justify="right")
    for name, line in zip(result["left"], result["outputs"], strict=True):
        table.add_row(name, *line)
    return table
