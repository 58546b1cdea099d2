"""evaluate_images: what the measures of images find, as a report."""

import synthgan
from synthgan.audit import images
from synthgan.metrics.score import Score
from synthgan.metrics.scores import Scores


def test_everything_goes_to_the_measures_and_what_they_find_is_a_report(monkeypatch):
    score = Score("x", 0.5, None, None, None, "minimize", "half")
    seen = {}

    def score_images(*images, **options):
        seen.update(options, images=images)
        return Scores((score,), ("a note",))

    attacked = []
    monkeypatch.setattr(images, "score_images", score_images)
    monkeypatch.setattr(images, "_attacks", lambda *given: attacked.append(given[:4]) or [])
    options = {"label": "y", "features": "model.pt", "seed": 5, "progress": print}
    report = synthgan.evaluate_images(1, 2, 3, **options)
    assert seen == {"images": (1, 2, 3), **options}
    assert attacked == [(1, 2, 3, None)]
    assert report == synthgan.Report((score,), ("a note",))
