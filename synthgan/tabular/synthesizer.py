"""The synthesizer of tables: fit, sample, save, load."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

from synthgan.config import EncodingConfig, PrivacyConfig, from_parameters
from synthgan.distributed.scanning import scanned
from synthgan.distributed.shards import private_rows
from synthgan.errors import Remedy
from synthgan.estimator import Estimator
from synthgan.gan.train import Progress
from synthgan.io.sources import as_frame
from synthgan.notebook import run
from synthgan.privacy.sealing import sealed_call, sealed_steps
from synthgan.runtime import Streams, resolve_device
from synthgan.tabular.checkpoint import TableCheckpoint
from synthgan.tabular.completing import Completing
from synthgan.tabular.config import Configs
from synthgan.tabular.intake import head_of, settle, take_in
from synthgan.tabular.learning import learn
from synthgan.tabular.model import KIND, TabularModel
from synthgan.tabular.plan import Plan, make_plan, plan_privately
from synthgan.tabular.prepare import read_rows
from synthgan.tabular.private.learning import learn_privately
from synthgan.tabular.private.rules import check_rules
from synthgan.tabular.registry import NESTED, make_generator, owner_of, with_nested
from synthgan.tabular.sampling import Sampling

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from synthgan.data import Frame
    from synthgan.data.panderas import AnySchema
    from synthgan.distributed.executor import Executor
    from synthgan.distributed.scanning import Scanned
    from synthgan.notebook import Watcher
    from synthgan.privacy.spent import Record
    from synthgan.tabular.protocol import TableGenerator


class Synthesizer(Estimator[TabularModel], Sampling, Completing):
    """Learns a table and makes synthetic ones: a conditional generator that plays against critics.

    ``generator`` is ``Distilled(...)``, the default: a student that learned what a teacher of the rows drew. ``Chains(...)``, trees
    that draw one column after the other and play against boosted trees, are fast and keep the rows. ``Network(...)`` is a
    conditional GAN of two networks that starts from a latent-class mixture. A name does, too. ``check`` keeps some rows out of
    the fit and sees that the model does not tell who was learned. With ``epsilon`` the whole fit is differentially private: what
    it asks of the rows is noised, and stands in the model's ledger.

    Parameters are stored untouched and checked when ``fit`` is called; ``synthgan.config`` describes those of encoding and
    privacy. ``minutes`` limits the training by the clock; where it strikes, the result depends on the machine's speed.
    ``shift_dates`` is for rows in groups, of which this class knows none.
    ``learn_rows`` says how many rows of files, or of a lazy frame, are learned at most, ``"all"`` takes all; None is a million, of
    wide tables fewer. ``executor`` is where work is spread: ``Threads(4)``, ``Processes(4)`` or ``Ray("auto")``; it changes no byte
    of any result.
    Attributes: ``model_``, ``schema_``, and ``history_``, ``(step, score)`` of each check on held-out rows (1 is
    indistinguishable).

    Example:
        >>> import pandas as pd
        >>> from synthgan import Chains, Synthesizer
        >>> table = pd.DataFrame({"sex": ["F", "M"] * 50, "age": range(100)})
        >>> synthesizer = Synthesizer(generator=Chains(chains=4), seed=0).fit(table)
        >>> synthesizer.sample(3, where={"sex": "F"})["sex"].tolist()
        ['F', 'F', 'F']
    """

    _model: ClassVar[type[Any]] = TabularModel

    def __init__(
        self,
        *,
        generator: str | TableGenerator | None = None,
        rare_below: int = 10,
        keep_extremes: bool = False,
        modes: str = "quantile",
        max_modes: int | None = None,
        epsilon: float | None = None,
        delta: float = 1e-6,
        mechanism: str = "marginals",
        unit: str | int | None = None,
        max_rows_per_unit: int = 1,
        i_know: bool = False,
        check: bool = True,
        minutes: float | None = None,
        device: str = "auto",
        seed: int = 0,
        shift_dates: int | None = None,
        learn_rows: int | str | None = None,
        executor: Executor | None = None,
    ) -> None:
        """Store the parameters."""
        self.generator = generator
        self.rare_below = rare_below
        self.keep_extremes = keep_extremes
        self.modes = modes
        self.max_modes = max_modes
        self.epsilon = epsilon
        self.delta = delta
        self.mechanism = mechanism
        self.unit = unit
        self.max_rows_per_unit = max_rows_per_unit
        self.i_know = i_know
        self.check = check
        self.minutes = minutes
        self.device = device
        self.seed = seed
        self.shift_dates = shift_dates
        self.learn_rows = learn_rows
        self.executor = executor

    def set_params(self, **parameters: Any) -> Self:
        """Set parameters by name; ``generator__steps`` is the ``steps`` of the generator, which may be given by its name.

        Raises:
            ConfigError: if there is no parameter of such a name, or another generator has it.
            PrivacyError: if it is one of a generator that cannot be private, under epsilon.
        """
        private = parameters.get("epsilon", self.epsilon) is not None
        parameters = with_nested(parameters, self.generator, self._get_param_names(), private=private)
        return super().set_params(**parameters)

    @classmethod
    def _elsewhere(cls, name: str, value: object) -> tuple[str, Remedy | str] | None:
        owner = owner_of(name.removeprefix(NESTED))
        if owner is None:
            return None
        made = owner.named(**{name.removeprefix(NESTED): value})
        return f"the generator {owner.name}", Remedy.option("generator", made)

    def fit(
        self,
        data: Frame | str | Path,
        y: object = None,  # noqa: ARG002
        *,
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
        run(self.fit_steps(data, schema=schema, identifiers=identifiers, drop=drop, strict=strict), progress)
        return self

    def fit_steps(
        self,
        data: Frame | str | Path,
        *,
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
            schema: as for ``fit``.
            identifiers: as for ``fit``.
            drop: as for ``fit``.
            strict: as for ``fit``.
            checkpoint: where to keep what is needed to go on; written now and then and when the iterator is closed early,
                removed at the end. It opens as a model, too. A private fit keeps nothing.
            resume: go on from the checkpoint; the result is the same as that of an uninterrupted run.
            record: where a private fit keeps what it spends; None keeps it in ``spent_``.
        """
        configs, streams, device = self._configs(), Streams(self.seed), resolve_device(self.device)
        if configs.privacy.epsilon is not None:
            check_rules(configs, resume=resume)
            with self._spending(record) as account:
                yield Progress("reading")
                intake = sealed_call(
                    lambda: take_in(
                        private_rows(data, schema),
                        schema,
                        configs.privacy,
                        identifiers,
                        drop,
                        account,
                        self.executor,
                    ),
                    account,
                )
                model = yield from sealed_steps(learn_privately(intake, configs, streams, device), account)
                return self._adopt(model)
        saved = TableCheckpoint.open(checkpoint, KIND, resume=resume)
        yield Progress("reading")
        given = self._scanned(data, schema)
        table = read_rows(given.frame, schema, configs.encoding, identifiers, drop, strict=strict, split=True)
        yield Progress("encoding")
        model = yield from learn(table, configs, streams, device, saved)
        if given.rows > len(table):
            model.training = {**model.training, "scanned": given.rows}
        self._adopt(model)

    def score_samples(self, data: Frame | str | Path) -> NDArray[np.float64]:
        """Log densities of rows, ``[rows]``, of their modes and the normal scores inside: they compare rows, not models.

        Raises:
            NotFittedError: before ``fit``.
            DataError: if a column is lacking.
            SchemaError: if one is of another kind than the one learned.
        """
        return self._flat().log_densities(as_frame(data), Streams(self.seed))

    def plan(
        self,
        data: Frame | str | Path,
        *,
        schema: AnySchema | None = None,
        identifiers: Sequence[str | int] = (),
        drop: Sequence[str | int] = (),
        strict: bool = False,
    ) -> Plan:
        """What ``fit`` would do: schema, memory and time. It counts rows and misfits, so it is never private."""
        configs, streams, device = self._configs(), Streams(self.seed), resolve_device(self.device)
        if configs.privacy.epsilon is not None:
            check_rules(configs, resume=False)
            rows = private_rows(data, schema)
            settled = settle(head_of(rows), schema, configs.privacy, identifiers, drop)
            return plan_privately(rows, settled, configs, streams)
        started = time.perf_counter()
        given = self._scanned(data, schema)
        reading = time.perf_counter() - started
        table = read_rows(given.frame, schema, configs.encoding, identifiers, drop, strict=strict, split=True)
        planned = make_plan(table, configs, streams, device)
        return replace(planned, seconds=planned.seconds + reading)

    def _configs(self, **others: Any) -> Configs:
        """All parameters, some of them others than were given, checked, with a generator of their own."""
        parameters = self.get_params(deep=False) | others
        return Configs(
            encoding=from_parameters(EncodingConfig, parameters),
            privacy=from_parameters(PrivacyConfig, parameters),
            generator=make_generator(self.generator, private=self.epsilon is not None),
            check=self.check,
            minutes=self.minutes,
            executor=self.executor,
        )

    def _scanned(
        self, data: Frame | Scanned | str | Path, schema: AnySchema | None, unit: str | int | None = None
    ) -> Scanned:
        """The rows to learn, of files of more than ``learn_rows`` a sample; of each unit, if one is named, all rows or none."""
        known: dict[str, Any] = {"most": self.learn_rows, "rare_below": self.rare_below, "seed": self.seed}
        return scanned(data, schema, **known, executor=self.executor, unit=unit)

    def _flat(self) -> TabularModel:
        """The model, where it is one of a flat table: only of that can be asked more than samples."""
        return self._fitted()

    def _adopt(self, model: TabularModel) -> None:
        """Take a fitted model as one's own."""
        super()._adopt(model)
        self.schema_ = model.transform.schema
        self.history_ = [tuple(check) for check in model.training.get("history", [])]
