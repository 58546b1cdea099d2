"""The page of images: synthetic images by class, never a real one unless internal, nor a class of fewer than ten."""

from __future__ import annotations

import base64
import io
import json
import re
from dataclasses import replace
from importlib.resources import files

import jsonschema
import numpy as np
import pytest
from PIL import Image

from synthgan.metrics.details import Details, ImageClass, ImageDetails
from synthgan.metrics.score import Score
from synthgan.report import Report
from synthgan.report.images import FIGURES, pictures, released_images

RARE = "Sankt-Nimmerlein"
SYNTHETIC, REAL = 40, 200  # the grey that each sort of image is painted in


def _class(name, real=50, *, compared=20, verdict="", shown=3, channels=1, dtype=np.uint8):
    figures = dict.fromkeys(FIGURES, 0.5) if compared else {}
    images = [np.full((shown, 6, 8, channels), grey, dtype=dtype) for grey in (SYNTHETIC, REAL)]
    for sort in images:
        sort[:, 0, 0], sort[:, 0, 1] = 0, 255
    return ImageClass(name, real, 40, compared, figures, figures, verdict, *images)


@pytest.fixture
def images():
    """A report of images with a class of nine people."""
    classes = (
        _class("ill"),
        _class("well", compared=8),
        _class("odd", compared=0, shown=0, verdict=f"looks like '{RARE}'"),
        _class(RARE, 9, verdict="collapsed"),
    )
    scores = (
        Score("fd_self", 1.5, None, None, 1.2, "minimize", "Fréchet distance"),
        Score("precision", 0.9, 0.85, 0.95, 0.93, "maximize", "share"),
        Score("coverage", 0.8, 0.75, 0.85, 0.92, "maximize", "share"),
        Score("classes_collapsed", 0.5, None, None, 0.0, "minimize", "2 of 4"),
        Score("utility_synthetic", 0.9, 0.8, 0.95, 0.94, "maximize", "AUC"),
        Score("exact_copies", 0.0, 0.0, 0.1, 0.0, "minimize", "none"),
    )
    notes = (f"class {RARE!r} has collapsed: its synthetic images are alike",)
    return Report(scores, notes, Details(images=ImageDetails(109, 160, 60, classes)))


def _page(report, tmp_path, **options):
    report.to_html(tmp_path / "report.html", **options)
    return (tmp_path / "report.html").read_text("utf-8"), json.loads((tmp_path / "report.json").read_text("utf-8"))


def _greys(page):
    found = set()
    for text in re.findall(r'src="data:image/png;base64,([^"]+)"', page):
        found |= set(np.unique(np.asarray(Image.open(io.BytesIO(base64.b64decode(text))))).tolist())
    return found - {0, 255}


def test_a_released_page_shows_synthetic_images_and_no_rare_class(images, tmp_path):
    page, document = _page(images, tmp_path)
    assert _greys(page) == {SYNTHETIC}
    assert RARE not in page + json.dumps(document, ensure_ascii=False)
    assert "class &#39;(a rare level)&#39; has collapsed" in page
    assert "Withheld: 1 of the classes" in page
    assert [one["name"] for one in document["images"]["classes"]] == ["ill", "well", "odd"]
    # Figures of eight images are not figures of ten.
    assert [one["figures"] is None for one in document["images"]["classes"]] == [False, True, True]
    assert "not for release" not in page


def test_an_internal_page_shows_the_nearest_real_images_and_is_stamped(images, tmp_path):
    page, document = _page(images, tmp_path, internal=True)
    assert _greys(page) == {SYNTHETIC, REAL}
    assert RARE in page
    assert "Internal: not for release. This page shows real images" in page
    assert document["images"]["withheld"] == 0


def test_the_page_loads_nothing_runs_nothing_and_answers_five_questions(images, tmp_path):
    page, _ = _page(images, tmp_path)
    assert "<script" not in page
    assert re.findall(r'(?:src|href)="(?!data:image/png;base64,|#)[^"]*"', page) == []
    assert "; img-src data:; base-uri" in re.search(r'Policy" content="([^"]+)"', page)[1]
    answers = dict(re.findall(r"<h3>([^<]+\?)</h3><p>([^<]+)</p>", page))
    assert len(answers) == 5
    assert answers["Has a class collapsed?"].startswith("Yes, 50\xa0% of the classes")
    assert "cannot be known without a holdout" in answers["Were images learned by heart?"]
    assert "On real images, a model trained on synthetic ones scores 0.900" in answers["Are they as useful?"]
    assert "support vector machine" in page
    assert "Gradient-boosted" not in page


def test_answers_follow_the_scores(images, tmp_path):
    known = {score.name: score for score in images}
    known["classes_collapsed"] = replace(known["classes_collapsed"], value=0.0)
    known["near_copies"] = Score("near_copies", 0.02, None, None, 0.0, "minimize", "")
    known["nearer_to_train"] = Score("nearer_to_train", 0.61, None, None, 0.5, "reference", "")
    page, _ = _page(replace(images, scores=tuple(known.values())), tmp_path)
    assert "No: each class that was judged" in page
    assert (
        "2\xa0% near copies; 61\xa0% lie nearer to learned images than to unseen ones, where 50\xa0% is ideal" in page
    )


def test_the_json_keeps_to_its_schema(images, tmp_path):
    schema = json.loads(files("synthgan.report").joinpath("report.schema.json").read_text(encoding="utf-8"))
    for internal in (False, True):
        _, document = _page(images, tmp_path, internal=internal)
        jsonschema.validate(document, schema, cls=jsonschema.Draft202012Validator)


def test_a_class_name_is_text(images, tmp_path):
    hostile = "<img src=x onerror=alert(1)>"
    details = ImageDetails(50, 40, None, (_class(hostile),))
    page, _ = _page(Report(images.scores, (), Details(images=details)), tmp_path)
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page


def test_strips_are_one_scale_enlarged_and_of_any_depth():
    dark, bright = (_class("one", channels=3, dtype=np.uint16), _class("two", channels=3, dtype=np.uint16))
    bright = replace(bright, shown=bright.shown * 257)
    found = pictures(ImageDetails(100, 80, None, (dark, bright)), internal=False)
    sizes = []
    for one, brightest in zip(found, (1, 255), strict=True):
        image = np.asarray(Image.open(io.BytesIO(base64.b64decode(one["synthetic"].split(",")[1]))))
        sizes.append(image.shape)
        assert image[:, :48].max() == brightest  # before the white gap
        assert one["real"] is None
    assert sizes == [(36, 3 * 49, 3)] * 2
    assert pictures(None, internal=False) == []
    assert released_images(None, str, internal=False) is None
