"""The metrics and the log of a small run, as they are.

`pytest tests/golden/test_telemetry.py --update-golden` rewrites the files.
"""

from __future__ import annotations

import io
from pathlib import Path

from tests.unit.maker_run import run_small

from fsmtrader.research.keeping import Outlets

FOLDER = Path(__file__).parent / "telemetry"


def test_the_metrics_and_the_log_of_a_small_maker(tmp_path: Path, update_golden: bool) -> None:
    log = io.StringIO()
    kept = run_small(tmp_path, outlets=Outlets(log=log))
    found = {
        "small_maker.prom": (kept / "metrics.prom").read_text(encoding="utf-8"),
        "small_maker.jsonl": log.getvalue(),
    }
    for name, text in found.items():
        if update_golden:
            (FOLDER / name).write_text(text, encoding="utf-8", newline="\n")
        assert (FOLDER / name).exists(), "run pytest with --update-golden and read what it writes"
        assert text == (FOLDER / name).read_text(encoding="utf-8")
    assert {path.name for path in FOLDER.iterdir()} == set(found)
