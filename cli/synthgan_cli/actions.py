"""What the commands do: library calls, with progress around them."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from synthgan.privacy.sealing import sealed_call
from synthgan_cli.console import duration
from synthgan_cli.files import checkpoint_of, shown, size
from synthgan_cli.manifests import columns_learned, count_of, file_note
from synthgan_cli.quoting import command_line
from synthgan_cli.reading import how_it_was_read
from synthgan_cli.schemas import read_schema
from synthgan_cli.settings import with_settings
from synthgan_cli.spending import SpentFile

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from synthgan import Report
    from synthgan.audit.file import FileAttack
    from synthgan.gan.train import Progress
    from synthgan_cli.console import Screen, Stages

T = TypeVar("T")
PACE_STEPS = 50
RARE_BELOW = 10  # as a synthesizer has it
MAX_NAMES = 4
TEST = "test them with `synthgan evaluate` and a holdout before you hand them out"


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """What is to be learned from where.

    Attributes:
        table: the file with the rows, or the URL of a table.
        schema: a file that says what the table is; None infers it.
        identifiers: columns to regenerate.
        drop: columns to leave out.
        strict: refuse columns that would be withheld.
        group: the column that says which rows belong together, and ``order`` the one they are put in order by, if any.
        options: hyper-parameters of the synthesizer that have flags.
        settings: those that have none, and those of its generator.
    """

    table: Path | str
    schema: Path | None = None
    identifiers: Sequence[str] = ()
    drop: Sequence[str] = ()
    strict: bool = False
    group: str | None = None
    order: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)

    unit: ClassVar[str] = "rows"

    @property
    def private(self) -> bool:
        """Whether nothing may be told of what is learned but by the ledger."""
        return self.options.get("epsilon") is not None

    def read(self) -> Any:
        """What is to be learned, read before torch is imported: a bad file is refused at once."""
        from synthgan.distributed.shards import private_rows
        from synthgan.errors import PrivacyError, Remedy
        from synthgan.io.readers import TYPED

        schema = read_schema(self.schema)
        try:
            return private_rows(self.table, schema) if self.private else self.scanned(schema)
        except PrivacyError as error:
            if error.parameter != "schema":
                raise
            written = command_line(["synthgan", "schema", "--public", shown(self.table), "-o", "FILE.json"])
            remedy = Remedy((f"write one from its header with `{written}`", TYPED))
            raise PrivacyError(error.message, remedy=remedy) from error

    def scanned(self, schema: Any) -> Any:
        """The rows to learn, of more than are learned a sample."""
        from synthgan.distributed.scanning import scanned

        how = {"most": self.options.get("learn_rows"), "seed": self.options.get("seed", 0), "unit": self.group}
        rare_below = self.settings.get("rare_below", RARE_BELOW)
        return scanned(self.table, schema, rare_below=rare_below, executor=self.options.get("executor"), **how)

    def taken(self) -> Any:
        """The same; where nothing may be told of it, no error quotes a row."""
        return sealed_call(self.read) if self.private else self.read()

    def synthesizer(self) -> Any:
        """What is to learn it."""
        from synthgan import Synthesizer

        return with_settings(Synthesizer(**self.options), self.settings)

    def arguments(self) -> dict[str, Any]:
        """The keyword arguments that every kind of fit of a table takes."""
        names = ("identifiers", "drop", "strict", "group", "order")
        return {"schema": read_schema(self.schema)} | {name: getattr(self, name) for name in names}

    def draw(self, rows: int) -> list[str]:
        """What tells ``synthgan sample`` how much to draw: as much as was learned."""
        return ["-n", str(rows)]


def learn(screen: Screen, task: Task, model: Path, *, resume: bool, again: str, announce_next: bool = True) -> None:
    """Fits a synthesizer of tables or images and saves it.

    Args:
        screen: where progress goes.
        task: what to learn.
        model: the file to write.
        resume: go on from the checkpoint beside the model.
        again: the command that goes on where this one was interrupted.
        announce_next: say what to type next.

    Raises:
        KeyboardInterrupt: on Ctrl-C, with a message that says how to go on.
    """
    started = time.monotonic()
    checkpoint = checkpoint_of(model)
    record = SpentFile.of(model, i_know=task.options.get("i_know", False)) if task.private else None
    before = _stamp(checkpoint)
    if record is not None and record.replaced is not None:
        screen.say(
            f"{model} holds a private model and will be replaced; {record.replaced} was spent on it, which "
            f"adds to this fit if anybody has it",
            label="note",
        )
    if before and not resume and record is None:
        screen.say(
            f"{checkpoint} of an earlier run is ignored and will be replaced; --resume would go on from it",
            label="note",
        )
    try:
        with screen.stages() as stages:
            stages.update("reading")
            kept_in = {"checkpoint": checkpoint} if record is None else {"record": record}
            data = task.taken()
            _say_what_was_read(screen, task.table, data)
            synthesizer = _fit(screen, stages, data, task, {**kept_in, "resume": resume})
            synthesizer.save(model)
            if record is not None:
                record.settle()
    except (Exception, KeyboardInterrupt) as error:
        if record is not None:
            kept = record.words()
        elif _stamp(checkpoint) not in (None, before):
            kept = f"the state was kept in {checkpoint}; go on with: {again}"
        else:
            kept = None
        if isinstance(error, KeyboardInterrupt):
            raise KeyboardInterrupt(kept or "nothing was written") from error
        if kept:  # a full disk, say: hours of training need not be lost, and what was spent must not be
            screen.say(kept, label="note")
        raise
    manifest = synthesizer.manifest()
    _summarise(screen, manifest, model, time.monotonic() - started)
    if announce_next:
        count = task.draw(manifest.get("groups", manifest["rows"]))
        screen.say(f"Next: {command_line(['synthgan', 'sample', str(model), *count])}")
    if not manifest.get("privacy"):
        screen.say(f"{file_note(manifest, model)} Samples carry no guarantee either: {TEST}.", label="note")


def _say_what_was_read(screen: Screen, table: Path | str, data: Any) -> None:
    """Says how a file was read, and how many of its rows are learned where these are not all."""
    from synthgan.data.containers.source import source_of

    frame, rows = getattr(data, "frame", data), getattr(data, "rows", 0)
    if read := how_it_was_read(shown(table), source_of(frame)):
        screen.say(read, label="note")
    if rows and rows > len(frame):
        screen.say(
            f"{rows:,} rows were looked at, and {len(frame):,} are learned; --learn-rows says otherwise", label="note"
        )


def _fit(screen: Screen, stages: Stages, data: Any, task: Task, kept_in: dict[str, Any]) -> Any:
    """Draws the steps of a fit."""
    synthesizer = task.synthesizer()
    iterator = synthesizer.fit_steps(data, **task.arguments(), **kept_in)
    steps = cast("Generator[Progress]", iterator)
    pace: deque[tuple[float, int]] = deque(maxlen=PACE_STEPS)
    minutes = synthesizer.minutes
    try:
        for progress in steps:
            details = ""
            if progress.critic_loss is not None and progress.generator_loss is not None:
                pace.append((time.monotonic(), progress.rows))
                losses = f"critic {progress.critic_loss:.3f}, generator {progress.generator_loss:.3f}"
                details = ", ".join(filter(None, (_pace(pace, task.unit), losses)))
            total = progress.steps if progress.steps > 1 else None
            limit = 60 * minutes if minutes and progress.stage == "training" else None
            stages.update(progress.stage, progress.step, total, details, limit_seconds=limit)
            if progress.message:
                screen.say(progress.message, label="note")
    finally:
        steps.close()  # where drawing was interrupted, the fit learns of it here and keeps its state
    return synthesizer


def _stamp(path: Path) -> int | None:
    """When a file was last written, in nanoseconds; None where there is none."""
    return path.stat().st_mtime_ns if path.exists() else None


def _pace(pace: deque[tuple[float, int]], unit: str) -> str:
    """The pace of the last steps in words."""
    (first_time, first_rows), (last_time, last_rows) = pace[0], pace[-1]
    if last_time <= first_time:
        return ""
    return f"{(last_rows - first_rows) / (last_time - first_time):,.0f} {unit}/s"


def _summarise(screen: Screen, manifest: dict[str, Any], model: Path, seconds: float) -> None:
    """Says what was learned."""
    if "schema" not in manifest:
        screen.say(f"Learned {count_of(manifest, 'images')} in {duration(seconds)}.")
        screen.say(f"Wrote {model} ({size(model)}).")
        return
    keys = [str(column["name"]) for column in manifest["schema"]["columns"] if column["kind"] == "identifier"]
    screen.say(f"Learned {count_of(manifest, 'rows')} and {columns_learned(manifest)} columns in {duration(seconds)}.")
    if keys:
        names = ", ".join(keys[:MAX_NAMES]) + (f" and {len(keys) - MAX_NAMES} more" if len(keys) > MAX_NAMES else "")
        screen.say(f"Identifiers are made anew, never learned: {names}.")
    screen.say(f"Wrote {model} ({size(model)}).")


def score(
    screen: Screen,
    real: Path | str,
    synthetic: Path | str,
    *,
    holdout: Path | str | None = None,
    target: str | None = None,
    survival: Sequence[str] | None = None,
    schema: Path | None = None,
    unit: str | None = None,
    model: Path | None = None,
    executor: Any = None,
) -> Report:
    """Evaluates a synthetic table against the real one; with a model, its file as well."""
    from synthgan.io.sources import as_frame

    with screen.stages() as stages:
        stages.update("reading")
        described = read_schema(schema)
        given = [None if path is None else as_frame(path, described) for path in (real, synthetic, holdout)]
        from synthgan import evaluate

        known: dict[str, Any] = {
            "target": target,
            "survival": survival,
            "schema": described,
            "unit": unit,
            "model": model,
            "executor": executor,
        }
        return evaluate(*given[:2], holdout=given[2], **known, progress=stages.update)


def attacked(screen: Screen, model: Path, learned: Path | str, holdout: Path | str) -> FileAttack:
    """Attacks a model file with the rows that it was learned from."""
    from synthgan import DatabaseSynthesizer, Synthesizer, attack_file
    from synthgan.io.modelfile import read

    with screen.stages() as stages:
        stages.update("opening")
        linked = read(model)[0].get("kind") == "database"
        synthesizer = (DatabaseSynthesizer if linked else Synthesizer).load(model)
        return attack_file(synthesizer, learned, holdout, progress=stages.update)
