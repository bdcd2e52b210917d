"""Answers as files in the harness's format."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa

from benchmarks.accuracy.cells import Cell, Place
from benchmarks.accuracy.trained import Answered

ASKED = """
    copy (
        select answers.customer_id, answers.as_of_date::timestamp as as_of_date, answers.prediction
        from answers
        semi join (select * from read_parquet($rows) where part = 'test') as judged
            on answers.customer_id = judged.customer_id and answers.as_of_date = judged.as_of_date::date
    ) to '{file}' (format parquet)
"""


def write_predictions(place: Place, cell: Cell, system: str, found: Answered) -> Path:
    """Write what a system says of a cell's judged rows."""
    file = place.predictions(cell.name, system)
    file.parent.mkdir(exist_ok=True)
    bought = found.probability[:, cell.horizon - 1].astype(float)
    answers = found.keys.append_column("prediction", pa.array(1 - bought if cell.protocol == "p5" else bought))
    with duckdb.connect() as con:
        con.register("answers", answers)
        con.execute(ASKED.format(file=str(file).replace("'", "''")), {"rows": str(place.rows(cell.name))})
    return file
