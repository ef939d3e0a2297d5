"""Figures: what a load script measured, beside its goal, in one table.

    bin/bench                    every script of tests/load
    bin/bench agenda hot_page    only these
    python -m tests.load.agenda  one of them alone

A script exposes ``figures() -> list[Figure]`` and ends with ``show(figures)`` when it runs alone. Each runs in a process of its
own, since one sets up another database than the next. Ratios come from one run on one machine, never from two.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {"PYTHONPATH": f"{ROOT}:{ROOT / 'site'}", "DJANGO_SETTINGS_MODULE": "aanschuiven.settings"}


@dataclass(frozen=True)
class Figure:
    """One measured number; ``base`` is what it stands beside in the same run, ``goal`` says in words what ``ok`` tested."""

    name: str
    measured: float
    base: float | None
    goal: str
    ok: bool
    unit: str = ""

    @property
    def ratio(self) -> float | None:
        return self.measured / self.base if self.base else None


def number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value == int(value) or abs(value) >= 100 else f"{value:,.2f}"


def table(figures: Sequence[Figure]) -> str:
    lines = [("figure", "measured", "base", "ratio", "goal", "")]
    for one in figures:
        cells = (number(one.measured) + (f" {one.unit}" if one.unit else ""), number(one.base), number(one.ratio))
        lines.append((one.name, *cells, one.goal, "ok" if one.ok else "short"))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if 0 < n < 4 else cell.ljust(width) for n, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def show(measure: Callable[[], list[Figure]]) -> None:
    """Run one script alone: its table, or JSON for ``bin/bench``; exit 1 when a figure is short."""
    found = measure()
    print(json.dumps([asdict(one) for one in found]) if "--json" in sys.argv else table(found))
    sys.exit(any(not one.ok for one in found))


def names() -> list[str]:
    return sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem != "figures")


def bench(chosen: Sequence[str]) -> int:
    """Run scripts one after another and print one table. A script that breaks is short, and its words are shown."""
    if unknown := set(chosen) - set(names()):
        print(f"No such script: {', '.join(sorted(unknown))}. There are: {', '.join(names())}", file=sys.stderr)
        return 2
    found: list[Figure] = []
    for name in chosen or names():
        print(f"{name} …", file=sys.stderr, flush=True)
        done = subprocess.run(
            [sys.executable, "-m", f"tests.load.{name}", "--json"],
            cwd=ROOT,
            env=os.environ | ENVIRONMENT,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            found += [Figure(**one) for one in json.loads(done.stdout.strip().splitlines()[-1])]
        except (IndexError, ValueError):
            print(done.stdout, file=sys.stderr)
            found.append(Figure(f"{name}: ended with {done.returncode} before its figures", done.returncode, None, "figures", ok=False))
    print(table(found))
    return int(any(not one.ok for one in found))


if __name__ == "__main__":
    sys.exit(bench(sys.argv[1:]))
