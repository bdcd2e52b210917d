"""What holds when things go wrong: the rows of docs/promises.md, made from the tests that carry `@pytest.mark.keeps(row)`.

`python -m tests.promises` writes the page; with `--run` it also runs those tests and prints the outcome of each row.
"""

from __future__ import annotations

import argparse
import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "promises.md"

FAULTS = {
    "kill -9 in dbt build": "Each table is the old or the new one, readers see what they saw, the next build equals a clean one.",
    "kill -9 while publishing": "Readers see the run before or the new run, whole; the next publish removes what was left.",
    "kill -9 in training": "`demand train --resume` ends as if it had not been cut off; `demand tune` goes on.",
    "kill -9 in promotion": "A version and its promotion are there together, complete, or not at all.",
    "kill -9 in improve": "A whole champion serves after a kill at any step, and the next run ends as one that was not killed.",
    "disk full": "The build or the publish fails by name; tables are old or new, and readers see what they saw.",
    "memory limit": "The build spills to disk or fails by name; no table has a part of its rows.",
    "corrupt ONNX": "A model whose bytes changed is refused before it runs, and forecasts stay.",
    "wrong ONNX inputs": "A network that does not fit its signature is refused by name.",
    "feature or model version mismatch": "Missing, renamed or retyped features are refused by name; their order does not matter.",
    "golden-row drift": "A model that answers its stored rows otherwise is refused at every load.",
    "no GPU": "Scoring runs on the CPU and every row says so; with `require_gpu` it is an error.",
    "CUDA out of memory in a batch": "The batch is halved until it fits: the same rows, the same numbers.",
    "concurrent runs": "One build writes, another waits or fails by name; no row is written twice.",
    "crashed lock holder": "The operating system frees the warehouse; the next command runs at once.",
    "late events": "A day that changed is built again however old; what was said stays, what came true is restated.",
    "duplicates": "A file that is fed twice changes no forecast; the copies are counted.",
    "out of order": "The order in which rows arrive changes nothing.",
    "leakage": "Nothing at an origin changes when a later event changes.",
    "future timestamps": "Events after tomorrow are rejected and counted, tomorrow's are kept (clocks err); no origin moves.",
    "time zone and DST": "The machine's time zone changes nothing; a day is the shop's own, also one of 23 or 25 hours.",
    "null or blank ids": "Accepted, rejected, duplicate and anonymous rows add up to the raw rows.",
    "negative quantities and returns": "The former are rejected; returns may exceed or precede sales; no forecast is negative.",
    "NaN, infinity and overflow": "They are rejected and counted, and every published number is finite.",
    "unknown words": "An unmapped event type is rejected and counted; a product that no training saw is scored.",
    "a customer with very many events": "A forecast reads at most 128 steps, 90 days and a year's purchases of one customer.",
    "a customer with no or one event": "Every eligible customer has exactly one forecast per horizon.",
    "empty tables": "A first build over empty tables is green and says why nothing is forecast; training refuses.",
    "non-UTF-8 files": "The package reads tables, never files, and nowhere lets the engine drop rows silently.",
    "schema drift": "A mapped column that is renamed is named by the build, and readers see what they saw.",
    "tests left out": "A selected, untested, failed or mixed run is not published, and the message says which it was.",
    "bad retraining": "A version that is not better does not serve by itself; a roll-back is one command.",
    "stale forecasts": "The published file itself says how many days old its data is, also when nothing runs any more.",
    "arithmetic trust": "Published figures equal scikit-learn's and a plain recomputation; horizons add up days.",
    "any bad row": "Whatever a row holds, it has one verdict, and no mart holds a NaN.",
}
THREATS = {
    "SQL injection by vars": "Settings are checked numbers, words, days, identifiers or quoted literals, or are refused by name.",
    "shell injection": "Nothing passes a string to a shell.",
    "pickle": "Models and checkpoints are data: nothing that is loaded can run code.",
    "path traversal": "Commands write where their argument says as it stands: no way upwards, no link, no null byte.",
    "ONNX external data": "A model is one file of standard operators; tensors outside of it are refused.",
    "people in predictions": "With var `pseudonymous_customers`, tables hold keyed hashes instead of customers.",
    "people in small groups": "Aggregates that leave the house hide groups of fewer than 11.",
    "people in logs, docs, curves and networks": "Customers are in the warehouse and in the published tables, and nowhere else.",
    "erasure": "`demand erase` removes a customer from every table, file and published run, and writes a receipt.",
    "membership inference": "A network knows no customer by name: the same history gives the same forecast.",
    "reading at rest": "Published files belong to who publishes: 0400 in folders of 0700.",
    "commands on the network": "There is no server to reach: Python opens no address of a network, to listen or to call out.",
    "queries that abuse": "Readers get the published file, read-only; the recipes lock the door to other files.",
    "malicious dependencies": "No third-party dbt package; every Python package is pinned.",
    "extension auto-install": "No command fetches an extension because a query names it.",
    "formulas in CSV": "A word that a spreadsheet would run has a `'` before it.",
}
ROWS = FAULTS | THREATS


def kept_by() -> dict[str, list[tuple[str, str]]]:
    """Tests of each row as (path from the root, name of the test). Raises KeyError where a test names another row."""
    found: dict[str, list[tuple[str, str]]] = {row: [] for row in ROWS}
    for path in sorted(ROOT.glob("tests/**/test_*.py")):
        for row, test in marks_in(path):
            found[row].append((path.relative_to(ROOT).as_posix(), test))
    return found


def marks_in(path: Path) -> Iterator[tuple[str, str]]:
    """Pairs of row and test of a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            for mark in node.decorator_list:
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.keeps":
                    yield from ((ast.literal_eval(row), node.name) for row in mark.args)


def page() -> str:
    """docs/promises.md."""
    tests = kept_by()
    parts = [
        "# Promises",
        "",
        "What holds when things go wrong, and the tests that show it. Made by `python -m tests.promises`",
        "from the marks of the tests; with `--run` it runs them and prints the outcome of each row.",
    ]
    for title, rows in (("Faults", FAULTS), ("Threats", THREATS)):
        parts += ["", f"## {title}", "", "| when | what holds | shown by |", "|---|---|---|"]
        parts += [f"| {row} | {promise} | {links(tests[row])} |" for row, promise in rows.items() if tests[row]]
    missing = [row for row in ROWS if not tests[row]]
    if missing:
        parts += ["", "## Not kept yet", "", *(f"- {row}" for row in missing)]
    return "\n".join(parts) + "\n"


def links(tests: list[tuple[str, str]]) -> str:
    return "<br>".join(f"[{name.removeprefix('test_').replace('_', ' ')}](../{path})" for path, name in tests)


class Outcomes:
    """Plugin that keeps whether each test passed."""

    def __init__(self) -> None:
        self.passed: dict[str, bool] = {}

    def pytest_runtest_logreport(self, report: Any) -> None:
        test = report.nodeid.split("[")[0]
        self.passed[test] = self.passed.get(test, True) and report.outcome == "passed"


def run() -> int:
    """Run the tests of all rows and print the outcome of each row; 1 if any failed."""
    outcomes = Outcomes()
    status = pytest.main(["-m", "keeps", "--numprocesses", "2", "--dist", "loadfile", str(ROOT / "tests")], plugins=[outcomes])
    print("\n".join(result_lines(kept_by(), outcomes.passed)))
    return int(status)


def result_lines(tests: Mapping[str, list[tuple[str, str]]], passed: Mapping[str, bool]) -> Iterator[str]:
    """A line for each row and test."""
    words = {True: "passed", False: "FAILED", None: "did not run"}
    for row, found in tests.items():
        yield from (f"{row} -> {path}::{name} -> {words[passed.get(f'{path}::{name}')]}" for path, name in found)
        if not found:
            yield f"{row} -> no test"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", action="store_true", help="run the tests and print the outcome of each row")
    options = parser.parse_args()
    PAGE.write_text(page(), encoding="utf-8")
    return run() if options.run else 0


if __name__ == "__main__":
    raise SystemExit(main())
