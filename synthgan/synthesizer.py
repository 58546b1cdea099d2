"""The synthesizer that users know: a flat table, or, where a group is named, sequences of rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self, cast

from synthgan.data.containers.origin import with_origin
from synthgan.errors import ConfigError, DataError
from synthgan.estimator import Estimator, number_to_draw
from synthgan.gan.train import Progress
from synthgan.io.sources import as_frame
from synthgan.notebook import run
from synthgan.relational.bounded.sequences import SequenceSource, fit_sequences
from synthgan.relational.continuing import continued
from synthgan.relational.density import of_groups
from synthgan.relational.histories import left_out_with_history
from synthgan.relational.learning import learn_sequences
from synthgan.relational.model import SequenceModel
from synthgan.relational.noisy.model import NoisySequenceModel
from synthgan.relational.opening import AnyModel
from synthgan.relational.private.rules import check_linked_rules
from synthgan.relational.sequences import check_names
from synthgan.relational.shifting import check_shifts, check_unshifted, with_shifted_groups
from synthgan.relational.until import Until
from synthgan.runtime import Streams, resolve_device
from synthgan.tabular.model import TabularModel
from synthgan.tabular.prepare import read_rows
from synthgan.tabular.registry import make_generator
from synthgan.tabular.synthesizer import Synthesizer as TableSynthesizer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from synthgan.data import Frame
    from synthgan.data.clauses import Where
    from synthgan.data.panderas import AnySchema
    from synthgan.notebook import Watcher
    from synthgan.privacy.spent import Record
    from synthgan.tabular.plan import Plan

SEQUENCE_GENERATOR = "pooled"  # of what belongs to whole groups, where none is named


class Synthesizer(TableSynthesizer):
    """Learns a table and makes synthetic ones, row by row or, where a group is named, patient by patient.

    Parameters are stored untouched and checked when ``fit`` is called. Where a group is named, the generator (then pooled by default)
    learns what belongs to whole groups, with their first rows; the others are drawn one after the other by pooled trees.

    Args:
        generator: what learns and draws the rows, as an object or its name. None is ``Distilled()``: a student that learned what a teacher
            of the rows drew. ``Chains()``, trees that draw one column after the other, are fast and keep the rows; ``Pooled()`` holds
            probabilities in their leaves; ``Network()`` is a conditional GAN; ``Autoregressive()`` small networks, in any order of columns.
        rare_below: no level, spike, bound or knot that fewer rows hold enters the model.
        keep_extremes: keep each column's exact minimum and maximum, the values of single people; recorded as a disclosure.
        modes: how numbers are cut: ``"quantile"``, pieces of equal mass, or ``"gmm"``, a Gaussian mixture.
        max_modes: the most pieces of one column; None leaves it to the generator.
        epsilon: differential privacy of the whole fit: what all that touches the rows may cost together. None proves nothing.
        delta: the chance of failure that epsilon is stated for.
        mechanism: what a private fit asks: ``"marginals"``, noisy counts, or ``"dpsgd"``, noisy gradients as well.
        unit: under epsilon, the column that says whose a row is: all rows of one value are protected together. None: each row.
        max_rows_per_unit: under epsilon, the most rows of a unit that are learned, chosen at random.
        i_know: accept an epsilon or delta that promises nothing, and add up what earlier private fits have spent.
        check: keep some rows out of the fit, and measure by them what the model gives away of those that it learned.
        minutes: stop training after so many; the result then depends on the machine's speed. None: when it no longer gains.
        device: ``"auto"`` (a GPU where there is one), ``"cpu"``, ``"cuda"``, ``"cuda:1"`` or ``"mps"``.
        seed: of all that is random: the same table, seed and machine give the same model.
        shift_dates: of groups: move all dates of a group together by whole weeks before they are learned, so many days at most.
        learn_rows: the most rows that are learned of files or of a lazy frame; ``"all"`` takes all; None a million, of wide tables fewer.
        executor: where work is spread: ``Threads(4)``, ``Processes(4)`` or ``Ray("auto")``; it changes no byte of any result.

    Attributes:
        model_: what was learned, and ``schema_`` what the table is.
        history_: ``(step, score)`` of each check on held-out rows (1 is indistinguishable).
        sample_seed_: the seed of the last draw, and ``sample_origin_`` what its rows say of where they come from.

    Example:
        >>> import pandas as pd
        >>> from synthgan import Chains, Synthesizer
        >>> table = pd.DataFrame({"sex": ["F", "M"] * 50, "age": range(100)})
        >>> synthesizer = Synthesizer(generator=Chains(chains=4), seed=0).fit(table)
        >>> synthesizer.sample(3, where={"sex": "F"})["sex"].tolist()
        ['F', 'F', 'F']
    """

    _model = AnyModel

    def fit(
        self,
        data: Frame | str | Path,
        y: object = None,  # noqa: ARG002
        *,
        group: str | int | None = None,
        order: str | int | None = None,
        schema: AnySchema | None = None,
        identifiers: Sequence[str | int] = (),
        drop: Sequence[str | int] = (),
        strict: bool = False,
        progress: Watcher = None,
    ) -> Self:
        """Learn a table; gives the synthesizer itself.

        Args:
            data: a pandas or polars frame, a pyarrow table, or the path of a file.
            y: ignored; pipelines of scikit-learn hand it on.
            group: the column that says which rows belong together, such as a patient's number. Whole groups are then learned
                and drawn, each row given those before it.
            order: the column that rows of a group are put in order by, such as a time; None where they stand in it.
            schema: what the table is, also as a schema of pandera; None infers it.
            identifiers: columns to regenerate.
            drop: columns to leave out altogether.
            strict: refuse columns that cannot be learned (free text, say); else they are withheld, and a warning names each.
            progress: called with each step (its ``stage``, ``step`` and ``steps``); True draws a bar, in a notebook, too.

        Raises:
            DataError: if the table cannot be learned.
            SchemaError: if it does not fit the schema.
            ConfigError: if a hyper-parameter cannot be used.
            PrivacyError: if ``epsilon`` is given and something asked for would break its promise.
            TrainingError: if training broke down and could not be rescued.
        """
        steps = self.fit_steps(
            data, group=group, order=order, schema=schema, identifiers=identifiers, drop=drop, strict=strict
        )
        run(steps, progress)
        return self

    def fit_steps(
        self,
        data: Frame | str | Path,
        *,
        group: str | int | None = None,
        order: str | int | None = None,
        schema: AnySchema | None = None,
        identifiers: Sequence[str | int] = (),
        drop: Sequence[str | int] = (),
        strict: bool = False,
        checkpoint: str | Path | None = None,
        resume: bool = False,
        record: Record | None = None,
    ) -> Iterator[Progress]:
        """Do what ``fit`` does step by step, yielding progress; the synthesizer is fitted once it ends.

        Args:
            data: as for ``fit``.
            group: as for ``fit``.
            order: as for ``fit``.
            schema: as for ``fit``.
            identifiers: as for ``fit``.
            drop: as for ``fit``.
            strict: as for ``fit``.
            checkpoint: where to keep what is needed to go on; written now and then and when the iterator is closed early,
                removed at the end. It opens as a model, too. A private fit keeps nothing, nor does one of groups.
            resume: go on from the checkpoint; the result is the same as that of an uninterrupted run.
            record: where a private fit keeps what it spends; None keeps it in ``spent_``.
        """
        if group is None:
            if order is not None:
                raise ConfigError(
                    f"order must be left out where there is no group, however: order={order!r}", parameter="order"
                )
            check_unshifted(self.shift_dates)
            named: dict[str, Any] = {"schema": schema, "identifiers": identifiers, "drop": drop, "strict": strict}
            kept: dict[str, Any] = {"checkpoint": checkpoint, "resume": resume, "record": record}
            yield from super().fit_steps(data, **named, **kept)
            return
        self._check_sequences(resume=resume)
        if self.epsilon is not None:
            private, read = self._configs(unit=group), SequenceSource(data, group, order, schema, identifiers, drop)
            check_linked_rules(private, self.unit, group)
            with self._spending(record) as account:
                self._adopt((yield from fit_sequences(read, private, self.seed, self.device, account)))
            return
        configs, streams, device = self._configs(), Streams(self.seed), resolve_device(self.device)
        if self.generator is None:
            configs = replace(configs, generator=make_generator(SEQUENCE_GENERATOR))
        yield Progress("reading")
        given = self._scanned(data, schema, group)
        frame = given.frame
        check_names(frame, group=group, order=order)
        if self.shift_dates is not None:
            frame = with_shifted_groups(frame, group, self.shift_dates, streams.numpy("shifts"))
        keys = identifiers if schema is not None else [*identifiers, group]
        table = read_rows(frame, schema, configs.encoding, keys, drop, strict=strict, split=True)
        yield Progress("encoding")
        model = yield from learn_sequences(frame, table, group, order, configs, streams, device)
        model.settings |= {} if self.shift_dates is None else {"shift_dates": self.shift_dates}
        self._adopt(model)

    def sample(
        self,
        n: int | None = None,
        *,
        where: Where | None = None,
        seed: int | None = None,
        history: Frame | str | Path | None = None,
        until: Any = None,
    ) -> Frame:
        """Draw ``n`` synthetic rows; where groups were learned, ``n`` whole groups, or what comes after given rows.

        Args:
            n: how many; None with a history.
            where: what every row must meet: a mapping from column to a value, a list of values, a ``(low, high)`` tuple
                with both ends included (None for an open end), None (missing) or operators, ``{">": 3, "!=": 5}``; or texts
                such as ``"age>=65"``, which all hold. A table, or a list of mappings, has a row of conditions for each row to
                draw; of fewer, each is met by as many rows as any other. Of groups, a column that differs inside is met by at
                least one row, and under ``"all:ward"`` by every row.
            seed: the seed of the draw; None draws other rows each time, and ``sample_seed_`` then says by which seed.
            history: the rows that groups have so far, of the columns and types that were learned, or the path of a file.
                They come back as they are, the rows drawn after those of each group; no group is shorter than its history.
            until: with a history, beyond what nothing is drawn: ``"24 rows"`` of each group; where the order is a time, a moment
                or a duration since the first row of each (``"72h"``); else a value of the order.

        Returns:
            A frame of the kind, with the columns, dtypes and column order, of the table that was learned.

        Raises:
            NotFittedError: before ``fit``.
            ConfigError: if ``n`` is not a whole number of at least 1, or arguments stand together that cannot.
            DataError: if a condition names what was never learned or cannot be met, or the history does not fit the model.
            SchemaError: if a column of the history does not fit the schema.
        """
        if history is None:
            if until is not None:
                raise ConfigError(f"until must stand with a history, however: until={until!r}", parameter="until")
            return super().sample(number_to_draw(n), where=where, seed=seed)
        model: TabularModel | SequenceModel | NoisySequenceModel = self._fitted()
        if not isinstance(model, SequenceModel):
            of = "groups that was learned under epsilon" if isinstance(model, NoisySequenceModel) else "a flat table"
            raise ConfigError(f"history must be for a model of groups, however: it is one of {of}; leave it out")
        left_out_with_history(n=n, where=where)
        named = model.named.order
        end = None if until is None else Until.read(until, None if named is None else model.schema.column(named))
        frame = as_frame(history, model.schema)
        streams = self._streams_of_draw(seed, real="rows").below("history")
        return with_origin(continued(model, frame, end, streams), self.sample_origin_)

    def plan(
        self,
        data: Frame | str | Path,
        *,
        group: str | int | None = None,
        order: str | int | None = None,
        schema: AnySchema | None = None,
        identifiers: Sequence[str | int] = (),
        drop: Sequence[str | int] = (),
        strict: bool = False,
    ) -> Plan:
        """What ``fit`` would do: schema, memory and time, of groups what their rows alone would take.

        It counts rows and misfits, so it is never private.
        """
        if group is not None:
            self._check_sequences(resume=False)
            given = data if self.epsilon is not None else self._scanned(data, schema, group)
            check_names(as_frame(getattr(given, "frame", given), schema), group=group, order=order)
            data, identifiers = given, identifiers if schema is not None else [*identifiers, group]
            if self.epsilon is not None:  # all rows are counted, whosever they are
                flat = TableSynthesizer(**self.get_params(deep=False) | {"unit": None, "max_rows_per_unit": 1})
                return flat.plan(data, schema=schema, identifiers=identifiers, drop=drop, strict=strict)
        return super().plan(data, schema=schema, identifiers=identifiers, drop=drop, strict=strict)

    def score_samples(self, data: Frame | str | Path) -> NDArray[np.float64]:
        """Log densities of rows, ``[rows]``, or of groups as they come, ``[groups]``; raises as ``sample`` of a history."""
        model: Any = self._fitted()
        if not isinstance(model, SequenceModel):
            return super().score_samples(data)
        return of_groups(model, as_frame(data, model.schema), Streams(self.seed).below("density"))

    def _check_sequences(self, *, resume: bool) -> None:
        """Refuse what groups cannot be learned with."""
        if resume:
            raise ConfigError("resume must be left out where rows are learned in groups, however: it was asked for")
        check_shifts(self.shift_dates, self.epsilon)

    def _flat(self) -> TabularModel:
        """The model, where it is one of a flat table.

        Raises:
            DataError: if it was learned in groups.
        """
        model: TabularModel | SequenceModel | NoisySequenceModel = self._fitted()
        if not isinstance(model, TabularModel):
            raise DataError(
                "the model must be one of a flat table, however: it was learned in groups, which can be sampled alone"
            )
        return model

    def _adopt(self, model: TabularModel | SequenceModel | NoisySequenceModel) -> None:
        """Take a fitted model as one's own."""
        if not isinstance(model, TabularModel):
            Estimator._adopt(self, cast("Any", model))  # noqa: SLF001
            self.schema_, self.history_ = model.schema, []
        else:
            super()._adopt(model)
