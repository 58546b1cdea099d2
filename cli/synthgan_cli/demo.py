"""The demonstration: real patients, a model of them, synthetic patients, and how good those are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthgan_cli import files
from synthgan_cli.actions import Task, learn, score
from synthgan_cli.options import page_options
from synthgan_cli.quoting import command_line
from synthgan_cli.verdicts import named, show_report, write_page
from synthgan_cli.writing import draw

if TYPE_CHECKING:
    from pathlib import Path

    from synthgan_cli.console import Screen

MINUTES = 1.5  # half a minute is usual; nobody waits much longer for a demonstration


def run(screen: Screen, folder: Path) -> None:
    """Does in one go what the commands do one by one, and says which they are."""
    from synthgan import DataError

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(
            f"{folder}: the folder cannot be made ({error.strerror}); name another with --folder"
        ) from error
    real, holdout = folder / "patients.parquet", folder / "patients.holdout.parquet"
    model, synthetic = folder / "patients.synthgan", folder / "patients.synthetic.parquet"
    report = folder / "report.html"
    for path in (real, holdout, model, synthetic, report):
        files.require_writable(path)

    from synthgan.demo import TARGET, write_patients

    rows = write_patients(real, holdout)
    screen.say(f"Wrote {real} and {holdout}: {rows[0]} and {rows[1]} patients (Wisconsin breast cancer data).")
    held_out = ["--holdout", str(holdout), "--target", TARGET, "--report", str(report), "--model", str(model)]
    commands = (
        ["fit", str(real), "-o", str(model), "--minutes", f"{MINUTES:g}"],
        ["sample", str(model), "-n", str(rows[0]), "--seed", "0", "-o", str(synthetic)],
        ["evaluate", str(real), str(synthetic), *held_out],
    )
    fit, sample, evaluate = (command_line(["synthgan", *command]) for command in commands)
    screen.heading(fit)
    learn(
        screen,
        Task(table=real, options={"minutes": MINUTES}),
        model,
        resume=False,
        again=f"{fit} --resume",
        announce_next=False,
    )
    screen.heading(sample)
    draw(screen, model, rows[0], synthetic, {}, seed=0)
    screen.heading(evaluate)
    page = page_options(report, inputs=(real, synthetic, holdout, model), model=model, internal=False)
    found = score(screen, real, synthetic, holdout=holdout, target=TARGET)
    found = named(found, real=real, synthetic=synthetic, holdout=holdout, model=model)
    write_page(screen, found, page)
    show_report(screen, found, as_json=False)
    screen.flush()
    screen.say("")
    screen.say(
        f"The files are in {folder.resolve()}: look at report.html. Try: {command_line(['synthgan', 'inspect', str(model)])}"
    )
