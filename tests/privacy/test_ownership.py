"""The curator alone owns the rows and the images of a private fit: nothing that asks it can take, hold or name them."""

from __future__ import annotations

import ast
import functools
import gc
import sys
import types
from collections import deque

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import REPOSITORY
from helpers.made_images import make_images

from synthgan import ImageSynthesizer, Synthesizer
from synthgan.data.table import Table
from synthgan.errors import WithheldError
from synthgan.image.io.unread import UnreadImages
from synthgan.image.private import learning as image_learning
from synthgan.image.private.budget import plan_budget as image_budget
from synthgan.image.private.prior import PriorMeasurer
from synthgan.image.queries import PixelRecords
from synthgan.image.records import ImageRecords
from synthgan.privacy import curator, gradients
from synthgan.privacy.curator import Curator
from synthgan.privacy.gradients import NoisyGradient
from synthgan.tabular.encoding.layout import Encoded
from synthgan.tabular.private import learning as table_learning
from synthgan.tabular.private.budget import plan_budget as table_budget
from synthgan.tabular.private.rounds import PrivateFit
from synthgan.tabular.queries import TableRecords

# ---------------------------------------------------------------- what is written

ASKING = sorted([*REPOSITORY.glob("synthgan/*/private/*.py"), REPOSITORY / "synthgan/gan/dpsgd.py"])
NAMES = [str(path.relative_to(REPOSITORY)) for path in ASKING]
HOLDING_MODULES = (
    "synthgan.data.containers", "synthgan.data.inference", "synthgan.data.rows", "synthgan.data.table",
    "synthgan.data.validation", "synthgan.data.values", "synthgan.distributed", "synthgan.io", "synthgan.image.io",
    "synthgan.image.records",
    "synthgan.image.rows", "synthgan.image.sources", "synthgan.privacy.noise", "synthgan.privacy.vectors",
    "synthgan.tabular.checkpoint", "synthgan.tabular.impute", "synthgan.tabular.prepare", "synthgan.tabular.sharded",
    "pandas", "polars", "pyarrow", "narwhals", "gc", "importlib", "inspect", "operator", "pickle", "sys",
)  # fmt: skip
HOLDING_NAMES = {
    "Batch", "DataFrame", "Encoded", "Frame", "ImageRecords", "PixelRecords", "Table", "TableRecords", "Values",
    "_records", "as_frame", "column_of_classes", "count_cells", "open_unread", "read_cells", "private_rows", "read_private",
    "ShardRecords", "Shards", "take_in",
    "text_or_whole", "UnreadImages",
}  # fmt: skip
HOLDING_WORDS = {"batch", "batches", "codes", "encoded", "frame", "images", "pixels", "records", "table"}
BACK_DOORS = {"__import__", "eval", "exec", "getattr", "globals", "locals", "object", "setattr", "vars"}
SORTS = {"CellQuery", "LevelQuery", "SampleQuery", "VectorQuery", "Candidate"}
BATCH_HOLDERS = {"synthgan/gan/dpsgd.py": {"Batch"}}  # of generated samples


def faults(source, allowed=frozenset()):
    """What in a module could take, hold or name records of a private fit."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            found += _imported(node)
        elif isinstance(node, ast.ClassDef):
            found += [f"a question of its own: {node.name}" for base in node.bases if _last(base) in SORTS]
        elif isinstance(node, ast.arg) and node.arg in HOLDING_WORDS:
            found.append(f"a parameter: {node.arg}")
        elif isinstance(node, ast.Attribute):
            found += _reached(node)
        elif isinstance(node, ast.Name) and node.id in BACK_DOORS:
            found.append(f"a back door: {node.id}")
        if (name := _last(node)) in HOLDING_NAMES - allowed:
            found.append(f"a name: {name}")
        if isinstance(node, ast.AnnAssign) and _last(node.target) in HOLDING_WORDS:
            found.append(f"an attribute: {_last(node.target)}")
    return found


def _imported(node):
    module = node.module if isinstance(node, ast.ImportFrom) else None
    names = [alias.name for alias in node.names]
    for name in [module] if module else names:
        if any(name == holding or name.startswith(f"{holding}.") for holding in HOLDING_MODULES):
            yield f"an import: {name}"
    if module:
        yield from (f"an import: {name} of {module}" for name in names if name in HOLDING_NAMES - {"Batch"})
        yield from (f"an import: {module}.{name}" for name in names if f"{module}.{name}" in HOLDING_MODULES)


def _reached(node):
    own = isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"}
    of_parent = isinstance(node.value, ast.Call) and _last(node.value.func) == "super"
    if node.attr.startswith("_") and not own and not of_parent:
        yield f"a hidden attribute: {node.attr}"
    if node.attr == "of":
        yield "an answer without the curator: of"
    if own and isinstance(node.ctx, ast.Store) and node.attr in HOLDING_WORDS:
        yield f"an attribute: {node.attr}"


def _last(node):
    return {ast.Name: "id", ast.Attribute: "attr"}.get(type(node)) and (
        node.id if isinstance(node, ast.Name) else node.attr
    )


@pytest.mark.parametrize("path", ASKING, ids=NAMES)
def test_what_asks_the_curator_has_no_way_to_the_records(path):
    allowed = BATCH_HOLDERS.get(str(path.relative_to(REPOSITORY)), frozenset())
    assert faults(path.read_text(encoding="utf-8"), allowed) == []


PLANTED = {
    "the records of the curator": "def look(curator):\n    return curator._records",
    "the records, by their name": "def look(curator):\n    return getattr(curator, '_records')",
    "the records, by the class": "def look(curator):\n    return object.__getattribute__(curator, '_' + 'records')",
    "the records, by the slot": "def look(curator):\n    return type(curator).__dict__['_' + 'records'].__get__(curator)",
    "the records, by what a method holds": "def look(curator):\n    return curator.count.__self__",
    "the records, by the collector": "import gc\n\ndef look(curator):\n    return gc.get_referents(curator)",
    "a table": "from synthgan.data.table import Table",
    "a table, inside a function": "def look():\n    from synthgan.data import table\n    return table",
    "a table, by the module": "import synthgan.data.table as t",
    "a frame, for an annotation": "from synthgan.data import Frame",
    "a frame, passed along": "def fit(frame, schema):\n    return len(frame), schema",
    "encoded rows": "from synthgan.tabular.encoding.layout import Encoded",
    "codes, passed along": "def fit(curator, codes):\n    return curator.count(codes)",
    "codes, kept": "class Fit:\n    def __init__(self, found):\n        self.codes = found",
    "codes, kept by a dataclass": "class Fit:\n    codes: object",
    "pixels, passed along": "def play(generator, images):\n    return generator(images)",
    "pixels, by a keyword": "def play(generator, *, pixels):\n    return generator(pixels)",
    "images": "from synthgan.image.records import ImageRecords",
    "images, read again": "from synthgan.image.io.reading import read_images",
    "a table, read again": "from synthgan.io.sources import as_frame",
    "pandas": "def look(path):\n    import pandas as pd\n    return pd.read_csv(path)",
    "records of its own": "from synthgan.tabular.queries import TableRecords",
    "records of its own, by the module": "from synthgan.image import queries\n\nHELD = queries.PixelRecords",
    "a question of its own": "from synthgan.privacy.queries import CellQuery\n\nclass Leak(CellQuery):\n    size = 1",
    "a question of its own, by the module": "from synthgan.privacy import queries\n\nclass Leak(queries.VectorQuery):\n    width = 1",
    "an answer without the curator": "def look(question, held):\n    return question.of(held)",
    "a count without noise": "from synthgan.privacy.queries import count_cells",
    "batches without noise": "def look(gradient):\n    return next(gradient._batches)",
    "rows as a model takes them": "from synthgan.tabular.prepare import samples_of",
    "noise of its own": "from synthgan.privacy.noise import whole_normal",
}  # fmt: skip


@pytest.mark.parametrize("file", ["synthgan/tabular/private/rounds.py", "synthgan/image/private/prior.py"])
@pytest.mark.parametrize("planted", PLANTED.values(), ids=PLANTED.keys())
def test_a_planted_access_is_refused(file, planted):
    source = (REPOSITORY / file).read_text(encoding="utf-8")
    assert faults(f"{source}\n\n{planted}\n") != []


def test_the_curator_alone_names_its_records():
    naming = [
        str(path.relative_to(REPOSITORY))
        for path in sorted(REPOSITORY.glob("synthgan/**/*.py"))
        if any(_last(node) == "_records" for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    ]
    assert naming == ["synthgan/privacy/curator.py"]


# ---------------------------------------------------------------- what happens

ROWS, IMAGES = 1_511, 1_511  # a number that nothing else in a fit has
HOLDERS = (Curator, NoisyGradient)
HELD = (Table, TableRecords, Encoded, PixelRecords, ImageRecords, UnreadImages)


@pytest.fixture(scope="module")
def quick():
    """Few classes and steps, and a ledger that is not added up: what is asked of the records is the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("synthgan.tabular.private.marginals.CLASSES", 5)
        patch.setattr("synthgan.privacy.ledger.PrivacyLedger.to_dict", lambda self: {})
        for name in ("FIRST_STEPS", "ROUND_STEPS", "LAST_STEPS"):
            patch.setattr(f"synthgan.tabular.private.rounds.{name}", 2)
        for room in ("tabular", "image"):
            for name in ("budget", "dpsgd"):
                patch.setattr(f"synthgan.{room}.private.{name}.GAN_STEPS", 8)
        for plan in (table_budget, image_budget):
            plan.cache_clear()
        yield
    for plan in (table_budget, image_budget):
        plan.cache_clear()


def table_fit(mechanism):
    rng = np.random.default_rng(0)
    age = rng.integers(18, 90, ROWS)
    drug = np.where(rng.random(ROWS) < np.where(age > 60, 0.8, 0.2), "insulin", "none")
    table = pd.DataFrame(
        {"age": age, "drug": drug, "cost": rng.gamma(2, 100, ROWS).round(2), "died": rng.random(ROWS) < 0.2}
    )
    return Synthesizer(epsilon=4.0, mechanism=mechanism, device="cpu").fit_steps(table)


def image_fit(mechanism):
    options = {"epsilon": 4.0, "delta": 1e-5, "width": 4, "noise_width": 8, "device": "cpu"}
    return ImageSynthesizer(**options, mechanism=mechanism).fit_steps(make_images(IMAGES))


FITS = {
    "a table's marginals": (table_fit, "marginals"),
    "a table's game": (table_fit, "dpsgd"),
    "images' moments": (image_fit, "moments"),
    "images' game": (image_fit, "dpsgd"),
}


class Guarded:
    """Records that only the curator's own code may touch."""

    def __init__(self, records, touched):
        self.held, self.touched = records, touched

    def _asked(self):
        frame, own = sys._getframe(2), {curator.__file__, gradients.__file__}
        while frame is not None and frame.f_code.co_filename not in own:
            frame = frame.f_back
        assert frame is not None, "the curator alone may touch its records"
        self.touched.append(True)
        return self.held

    def __len__(self):
        return len(self._asked())

    def __getattr__(self, name):
        return getattr(self._asked(), name)


@pytest.fixture
def guarded(monkeypatch, quick):
    """Whether records were touched, each time."""
    touched = []
    begin = Curator.__init__

    def begin_guarded(self, records, *words):
        begin(self, Guarded(records, touched), *words)

    monkeypatch.setattr(Curator, "__init__", begin_guarded)
    return touched


@pytest.mark.parametrize(("fit", "mechanism"), FITS.values(), ids=FITS.keys())
def test_records_are_touched_by_the_curator_alone(guarded, fit, mechanism):
    deque(fit(mechanism), maxlen=0)
    assert guarded


def private_parts(steps):
    """The generators below the faces of a fit that is under way: these have what their caller gave them."""
    below = steps
    while isinstance(below, types.GeneratorType) and below.gi_code.co_name == "fit_steps":
        below = below.gi_yieldfrom
    while isinstance(below, types.GeneratorType):
        yield below
        below = below.gi_yieldfrom


def within_reach(parts):
    """All records, and all arrays with a row for each, that can be reached from what a private fit holds, but for the curator."""
    ahead = list(parts)
    seen, found = set(), []
    while ahead:
        held = ahead.pop()
        if id(held) in seen or isinstance(held, (*HOLDERS, types.ModuleType, types.FrameType, type)):
            continue
        seen.add(id(held))
        if isinstance(held, HELD) or (isinstance(held, np.ndarray | torch.Tensor) and ROWS in held.shape):
            found.append(held)
        if isinstance(held, types.FunctionType):
            ahead += [*(held.__closure__ or ()), *(held.__defaults__ or ())]
        else:
            ahead += gc.get_referents(held)
    return found


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("fit", "mechanism"), FITS.values(), ids=FITS.keys())
def test_nothing_of_a_private_fit_reaches_records_but_the_curator(fit, mechanism):
    steps, checks = fit(mechanism), 0
    for _ in steps:
        parts = list(private_parts(steps))
        checks += len(parts)
        assert within_reach(parts) == []
    assert checks


def closed(codes):
    return lambda: codes


KEPT = {
    "the records": lambda asked: asked._records,
    "codes": lambda asked: np.zeros(len(asked._records), np.int32),
    "pixels as a tensor": lambda asked: torch.zeros(len(asked._records), 1, 8, 8),
    "codes in a function": lambda asked: functools.partial(len, np.zeros(len(asked._records))),
    "codes in a closure": lambda asked: closed(np.zeros(len(asked._records))),
    "codes in a list": lambda asked: [{"codes": np.zeros(len(asked._records))}],
}


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("keep", KEPT.values(), ids=KEPT.keys())
@pytest.mark.parametrize(
    ("fit", "mechanism", "room", "name", "curator_of"),
    [
        (table_fit, "marginals", table_learning, "measure_columns", lambda schema, asked, *_: asked),
        (image_fit, "dpsgd", image_learning, "measure_classes", lambda intake, budget: intake.curator),
    ],
    ids=["of a table", "of images"],
)
def test_records_kept_by_a_private_fit_are_seen(monkeypatch, fit, mechanism, room, name, curator_of, keep):
    measure = getattr(room, name)

    def measure_and_keep(*words, **options):
        known = measure(*words, **options)
        object.__setattr__(known, "kept", keep(curator_of(*words)))
        return known

    monkeypatch.setattr(room, name, measure_and_keep)
    steps = fit(mechanism)
    assert any(within_reach(private_parts(steps)) for _ in steps)


@pytest.mark.parametrize(
    ("fit", "mechanism", "asking"), [(table_fit, "marginals", PrivateFit), (image_fit, "moments", PriorMeasurer)]
)
def test_a_touch_from_outside_is_seen(monkeypatch, guarded, fit, mechanism, asking):
    begin = asking.__post_init__
    monkeypatch.setattr(asking, "__post_init__", lambda self: len(self.curator._records) and begin(self))
    with pytest.raises(WithheldError, match=r"AssertionError in test_ownership\.py"):
        deque(fit(mechanism), maxlen=0)
