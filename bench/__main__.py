"""Runs the benchmarks named, or all of them, and prints a table for each."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

NAMES = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if "\ndef run(" in path.read_text("utf-8"))


def main(names: list[str]) -> str | None:
    unknown = set(names) - set(NAMES)
    if unknown:
        return f"No benchmark {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}."
    for name in names or NAMES:
        module = import_module(f"bench.{name}")
        print(f"\n{name}: {(module.__doc__ or '').strip().splitlines()[0]}", flush=True)
        for label, value in module.run():
            print(f"  {label:<58} {value}", flush=True)
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
