"""Tables as CSV files: every value as it is, and none that a spreadsheet would calculate."""

from __future__ import annotations

import csv

import pytest
from flask import Flask

from neoserra import csv_file


@pytest.mark.parametrize("value", ["=1+1", "+1 202", "-2", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_formula_is_shown_and_not_calculated(value: str) -> None:
    assert csv_file.neutral(value) == f"'{value}"


@pytest.mark.parametrize(("value", "kept"), [("Ann Lee", "Ann Lee"), ("a=b", "a=b"), (None, ""), (12, "12")])
def test_other_values_stay_as_they_are(value: object, kept: str) -> None:
    assert csv_file.neutral(value) == kept


def test_commas_quotes_and_line_breaks_come_back_out(app: Flask) -> None:
    row = ['say "yes", or', "two\nlines", "é"]
    with app.test_request_context():
        answer = csv_file.response("people", ["A", "B", "C"], [row])
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="people.csv"'
    assert list(csv.reader(answer.get_data(as_text=True).splitlines(keepends=True))) == [["A", "B", "C"], row]
