"""Measures large tables: memory and time of learning files, drawing parts by several workers, the sizes of model files.

``OMP_NUM_THREADS=1 python -m benchmarks scale --stages fit,sample --rows 10000000 --output scale.json`` writes made files into a temporary
folder, fits each table in a process of its own, and prints its peak memory (resident) and processor seconds. ``--stages private``
fits a folder under epsilon 1. ``--stages quality`` learns a sample of the rows (``--learn-rows``) and all of them, and judges both by
rows that neither learned. ``--stages models`` fits real tables, and prints the sizes of their model files and how fast they draw.

``--rows 100000000 --links 10`` makes a tenth of the rows, and gives each file ten names (hard links): what is read is as large, and takes
a tenth of the disk, but rows repeat. ``--stages drawn`` (after ``sample``, which it brings along) reads all parts that were drawn
again, and judges some of their rows as ``quality`` does.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import tempfile
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from benchmarks.datasets.tables import data_folder, load
from benchmarks.runs.store import describe

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

FILE_ROWS, GROUP_ROWS = 1_000_000, 250_000
STAGES = ("fit", "sample", "drawn", "private", "quality", "models")
JUDGED_ROWS = 100_000
MODELS = ("adult", "diabetes130")


def people(rows: int, columns: int, rng: np.random.Generator) -> pa.Table:
    """Rows of half levels and half numbers that hang together by one hidden number."""
    hidden = rng.normal(size=rows)

    def levels(at: int) -> pa.Array:
        count = 3 + 7 * at % 40
        shares = 1 / (1 + np.arange(count)) ** 1.1
        edges = np.cumsum(shares / shares.sum())
        codes = np.searchsorted(edges, np.clip(_uniform(hidden + rng.normal(size=rows)), 0, 1 - 1e-9))
        names = pa.array([f"c{at}_{code}" for code in range(count)])
        return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), names).cast(pa.string())

    def numbers(at: int) -> pa.Array:
        found = 50 + 10 * (0.3 + 0.05 * at) * hidden + 8 * rng.normal(size=rows)
        return pa.array(np.round(found, at % 3) if at % 3 else np.round(found).astype(np.int64))

    return pa.table({f"x{at}": levels(at) if at % 2 else numbers(at) for at in range(columns)})


def _uniform(normal: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-1.1 * normal))


def write_people(folder: Path, rows: int, columns: int, links: int = 1) -> Path:
    """Files of a million rows each; with links, so many names for each file, which count as files of their own."""
    folder.mkdir()
    for index, start in enumerate(range(0, rows // links, FILE_ROWS)):
        table = people(min(FILE_ROWS, rows // links - start), columns, np.random.default_rng([columns, index]))
        path = folder / f"people-{index:04d}.parquet"
        pyarrow.parquet.write_table(table, path, row_group_size=GROUP_ROWS)
        for link in range(1, links):
            (folder / f"people-{index:04d}-{link:02d}.parquet").hardlink_to(path)
    return folder


def apart(work: Callable[..., dict[str, Any]], *given: Any) -> dict[str, Any]:
    """What work in a process of its own came to, with the processor seconds of its own and its children, and its peak memory."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_measured, args=(theirs, work, *given))
    process.start()
    theirs.close()  # so that a process that fails is not waited for
    found: dict[str, Any] = ours.recv()
    process.join()
    return found


def _measured(pipe: Any, work: Callable[..., dict[str, Any]], *given: Any) -> None:
    warnings.simplefilter("ignore")
    started = time.perf_counter()
    found = work(*given)
    uses = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    pipe.send(
        found
        | {
            "wall_seconds": round(time.perf_counter() - started, 1),
            "processor_seconds": round(sum(use.ru_utime + use.ru_stime for use in uses), 1),
            "peak_megabytes": round(uses[0].ru_maxrss / 1e3),
        }
    )


def scan(folder: Path) -> dict[str, Any]:
    """Read a folder and choose the rows to learn; nothing is fitted."""
    from synthgan.distributed.scanning import scanned

    found = scanned(folder, most=None, rare_below=10, seed=0)
    return {"rows": found.rows, "learned": len(found.frame)}


def fit(folder: Path, model: Path) -> dict[str, Any]:
    """Fit chains to a folder."""
    from synthgan import Chains, Synthesizer

    synthesizer = Synthesizer(generator=Chains(), seed=0).fit(folder)
    synthesizer.save(model)
    manifest = synthesizer.manifest()
    return {"rows": manifest["training"].get("scanned", manifest["rows"]), "learned": manifest["rows"]}


def private(folder: Path) -> dict[str, Any]:
    """Fit a folder under epsilon: all of its rows are asked."""
    from synthgan import Synthesizer

    synthesizer = Synthesizer(epsilon=1.0, delta=1e-9, seed=0).fit(folder)
    return {"about_rows": synthesizer.manifest()["rows"]}


def sample(model: Path, folder: Path, rows: int, workers: int) -> dict[str, Any]:
    """Draw parts with so many processes; one draws in this one."""
    from synthgan import Processes, Synthesizer, Threads

    executor = Threads() if workers == 1 else Processes(workers)
    synthesizer = Synthesizer.load(model).set_params(executor=executor)
    if workers > 1:
        list(executor.map(max, range(workers), 1))  # workers begin before the clock
    started = time.perf_counter()
    parts = list(synthesizer.sample_parts(rows, folder, seed=0))
    seconds = time.perf_counter() - started
    if isinstance(executor, Processes):
        executor.close()
    return {
        "workers": workers,
        "drawn": rows,
        "drawing_seconds": round(seconds, 2),
        "parts": [part.sha256 for part in parts],
    }


def quality(folder: Path, columns: int, learn_rows: int | str) -> dict[str, Any]:
    """How far rows drawn by chains, which learned so many rows of a folder, are from rows of the same kind that nobody learned."""
    from synthgan import Chains, Synthesizer

    synthesizer = Synthesizer(generator=Chains(), seed=0, learn_rows=learn_rows).fit(folder)
    return {"learned": synthesizer.manifest()["rows"]} | judged(synthesizer.sample(JUDGED_ROWS, seed=0), columns)


def drawn(folder: Path, columns: int) -> dict[str, Any]:
    """Read all parts that were drawn, and judge some of their rows."""
    from synthgan.distributed.scanning import scanned

    found = scanned(folder, most=JUDGED_ROWS, rare_below=10, seed=0)
    return {"rows": found.rows} | judged(found.frame, columns)


def judged(synthetic: Any, columns: int) -> dict[str, Any]:
    """How far rows are from made people whom nobody learned."""
    from synthgan.metrics.data.alignment import align
    from synthgan.metrics.fidelity.detection import c2st
    from synthgan.metrics.statistics.distances import Sides, pair_distances

    unseen = people(JUDGED_ROWS, columns, np.random.default_rng([columns, JUDGED_ROWS, 1]))
    tables, _ = align(unseen, synthetic)
    rng = np.random.default_rng(0)
    detected = c2st(tables.real, tables.synthetic, rng)
    off = pair_distances(Sides.deal(tables.real, tables.synthetic, 0, rng), rng).mean().value
    return {"pair_tvd": round(float(off), 4), "c2st": None if detected is None else round(detected.value, 3)}


def models(data: Path) -> list[dict[str, Any]]:
    """The sizes of the model files of real tables, of the default and of chains, and how many rows they draw in a processor second."""
    from synthgan import Synthesizer

    found = []
    for name in MODELS:
        train, _ = load(name, data)
        for generator in ("distilled", "chains"):
            with tempfile.TemporaryDirectory() as place:
                Synthesizer(generator=generator, seed=0).fit(train).save(f"{place}/model")
                size, fitted = Path(f"{place}/model").stat().st_size, Synthesizer.load(f"{place}/model")
            fitted.sample(1_000, seed=0)  # what is loaded once is loaded
            started = time.process_time()
            fitted.sample(JUDGED_ROWS, seed=1)
            rate = round(JUDGED_ROWS / (time.process_time() - started))
            found.append(
                {"table": name, "generator": generator, "megabytes": round(size / 1e6, 1), "rows_a_second": rate}
            )
            print(found[-1], flush=True)
    return found


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--stages", default="fit,sample", help=f"some of {', '.join(STAGES)}")
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000_000], help="rows of each made folder")
    parser.add_argument("--columns", type=int, default=10)
    parser.add_argument(
        "--links", type=int, default=1, help="names of each file: that many times its rows (default: 1)"
    )
    parser.add_argument("--draw", type=int, default=2_000_000, help="rows to draw")
    parser.add_argument("--learn-rows", type=int, default=1_000_000, help="rows of a sample whose quality is measured")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2], help="processes that draw, in turn")
    parser.add_argument("--data", type=Path, help="the folder of real tables")
    parser.add_argument("--output", type=Path)
    given = parser.parse_args()
    stages = given.stages.split(",")
    stages += ["sample"] if "drawn" in stages and "sample" not in stages else []
    results: dict[str, Any] = describe({})
    with tempfile.TemporaryDirectory() as place:
        model = Path(place) / "model.synthgan"
        for rows in given.rows if {"fit", "sample", "private", "quality"} & set(stages) else ():
            folder = write_people(Path(place) / f"people-{rows}", rows, given.columns, given.links)
            work: list[tuple[str, tuple[Any, ...]]] = []
            if {"fit", "sample"} & set(stages):
                work += [("scan", (scan, folder)), ("fit", (fit, folder, model))]
            if "private" in stages:
                work.append(("private", (private, folder)))
            if "quality" in stages:
                work += [("quality", (quality, folder, given.columns, some)) for some in (given.learn_rows, "all")]
            for stage, task in work:
                found = {"stage": stage, "columns": given.columns} | apart(*task)
                results.setdefault(stage, []).append(found)
                print(found, flush=True)
        for workers in given.workers if "sample" in stages else ():
            found = apart(sample, model, Path(place) / f"drawn-{workers}", given.draw, workers)
            results.setdefault("sample", []).append(found)
            print({**found, "parts": len(found["parts"])}, flush=True)
            if "drawn" in stages:
                results["drawn"] = apart(drawn, Path(place) / f"drawn-{workers}", given.columns)
                print({"stage": "drawn"} | results["drawn"], flush=True)
    parts = {tuple(found["parts"]) for found in results.get("sample", ())}
    assert len(parts) <= 1, "parts must be the same for any number of workers"
    if "models" in stages:
        results["models"] = models(data_folder(given.data))
    if given.output:
        given.output.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
