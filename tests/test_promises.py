"""The page of promises says what the tests say."""

from __future__ import annotations

from pathlib import Path

import pytest

from .promises import PAGE, kept_by, marks_in, page, result_lines


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "type python -m tests.promises"


def test_a_row_without_a_test_or_with_a_failed_one_shows(tmp_path: Path) -> None:
    (tmp_path / "test_x.py").write_text("@pytest.mark.keeps('a', 'b')\n@other('c')\ndef test_one(): ...\ndef test_two(): ...\n")
    assert list(marks_in(tmp_path / "test_x.py")) == [("a", "test_one"), ("b", "test_one")]
    rows = {"a": [("x.py", "test_one")], "b": [("x.py", "test_two")], "c": []}
    assert list(result_lines(rows, {"x.py::test_one": True, "x.py::test_two": False})) == [
        "a -> x.py::test_one -> passed",
        "b -> x.py::test_two -> FAILED",
        "c -> no test",
    ]


def test_a_mark_of_an_unknown_row_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.promises.ROWS", {"another row": "holds"})
    with pytest.raises(KeyError):
        kept_by()
