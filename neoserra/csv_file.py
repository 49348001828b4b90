"""A table as a CSV file to save, sent line by line so that its length costs no memory."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence

from flask import Response, stream_with_context

FORMULA = ("=", "+", "-", "@", "\t", "\r")


class _Line:
    """What csv writes to: it hands back each line as it comes."""

    def write(self, line: str) -> str:
        return line


def response(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """`rows` under `header`, as the download `<name>.csv`."""
    disposition = f'attachment; filename="{name}.csv"'
    lines = stream_with_context(_lines(header, rows))
    return Response(lines, mimetype="text/csv", headers={"Content-Disposition": disposition})


def _lines(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield writer.writerow(header)
    for row in rows:
        yield writer.writerow([neutral(value) for value in row])


def neutral(value: object) -> str:
    """`value` so that a spreadsheet shows it and never calculates it (ASVS 1.2.10)."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text
