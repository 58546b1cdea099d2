"""The benchmark of text in pixels, on tiny data."""

import json

import numpy as np

from benchmarks.runs import lettering


def test_a_run_counts_alarms_and_names(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(lettering, "NAMED", 4)
    (tmp_path / "images").mkdir()
    pixels = np.random.default_rng(0).integers(30, 60, (12, 8, 8), dtype=np.uint8)
    pixels[:, 3:5, 3:5] = 150
    for name in lettering.SETS:
        np.savez(tmp_path / "images" / f"{name}.npz", images=pixels, labels=np.arange(12))
    lettering.main(["--data", str(tmp_path)])
    found = json.loads(capsys.readouterr().out)
    assert set(found) == set(lettering.SETS)
    assert found["mnist"] == {"images": 12, "alarms": 0, "enlarged": 4, "alarms_enlarged": 0, "names_found": 4}
