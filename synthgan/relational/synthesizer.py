"""The synthesizer of linked tables: fit, sample, save, load."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

from synthgan.config import EncodingConfig, PrivacyConfig, from_parameters
from synthgan.data.containers.origin import with_origin
from synthgan.errors import ConfigError
from synthgan.estimator import Estimator, number_to_draw
from synthgan.gan.train import Progress
from synthgan.io.databases.stores import write_database
from synthgan.notebook import run
from synthgan.relational.bounded.databases import DatabaseSource, fit_database
from synthgan.relational.databasemodel import DatabaseModel
from synthgan.relational.fitting import learn_database
from synthgan.relational.frames import Form, in_form
from synthgan.relational.histories import left_out_with_history, tables_of
from synthgan.relational.listing import without_listed_owners
from synthgan.relational.noisy.databasemodel import NoisyDatabaseModel
from synthgan.relational.opening import AnyDatabaseModel
from synthgan.relational.planning import as_database, plan_database, plan_privately, unit_to_learn
from synthgan.relational.private.rules import private_configs
from synthgan.relational.shifting import check_shifts, with_shifted_dates
from synthgan.runtime import Streams, resolve_device
from synthgan.tabular.config import Configs
from synthgan.tabular.registry import make_generator, with_nested

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from synthgan.data import Frame
    from synthgan.data.linked import DatabaseSchema
    from synthgan.data.schema import Schema
    from synthgan.notebook import Watcher
    from synthgan.privacy.spent import Record
    from synthgan.relational.asking import Texts
    from synthgan.relational.database import Database
    from synthgan.relational.planning import DatabasePlan
    from synthgan.tabular.protocol import TableGenerator


GENERATOR = "pooled"  # of tables that belong to nobody, where none is named


class DatabaseSynthesizer(Estimator[DatabaseModel | NoisyDatabaseModel]):
    """Learns linked tables and makes synthetic ones, that hang together as the real ones do.

    Rows that belong to others are drawn one after the other, given the rows above and those before. Keys are made anew and lead to
    rows that are there; where some of the real ones lead nowhere, as many of the synthetic do.

    Args:
        generator: what learns tables that belong to nobody, as an object or its name; None is ``Pooled()``.
        rare_below: no level, spike, bound or knot that fewer units hold enters the model.
        keep_extremes: keep each column's exact minimum and maximum, the values of single people; recorded as a disclosure.
        modes: how numbers are cut: ``"quantile"``, pieces of equal mass, or ``"gmm"``, a Gaussian mixture.
        max_modes: the most pieces of one column; None leaves it to the generator.
        epsilon: differential privacy by unit, in one ledger over all tables. None proves nothing.
        delta: the chance of failure that epsilon is stated for.
        mechanism: what a private fit asks: ``"marginals"``, noisy counts.
        max_rows_per_unit: under epsilon, the most rows of a unit that are learned of each table, chosen at random.
        i_know: accept an epsilon or delta that promises nothing, and add up what earlier private fits have spent.
        minutes: stop training after so many; the result then depends on the machine's speed.
        shift_dates: move all dates of a unit together by whole weeks before they are learned, so many days at most; None leaves them.
        device: ``"auto"`` (a GPU where there is one), ``"cpu"``, ``"cuda"``, ``"cuda:1"`` or ``"mps"``.
        seed: of all that is random: the same tables, seed and machine give the same model.

    Attributes:
        model_: what was learned, and ``schema_`` the keys.

    Example:
        >>> import numpy as np, pandas as pd
        >>> from synthgan import Database, DatabaseSynthesizer
        >>> patients = pd.DataFrame({"patient_id": range(60), "sex": ["F", "M"] * 30})
        >>> visits = pd.DataFrame({"visit_id": range(180), "patient_id": np.repeat(range(60), 3), "ward": ["ICU", "A", "B"] * 60})
        >>> synthesizer = DatabaseSynthesizer(seed=0).fit(Database({"patients": patients, "visits": visits}))
        >>> made = synthesizer.sample(20)
        >>> len(made["patients"]), bool(made["visits"]["patient_id"].isin(made["patients"]["patient_id"]).all())
        (20, True)
    """

    _model: ClassVar[type[Any]] = AnyDatabaseModel

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
        max_rows_per_unit: int = 1,
        i_know: bool = False,
        minutes: float | None = None,
        shift_dates: int | None = None,
        device: str = "auto",
        seed: int = 0,
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
        self.max_rows_per_unit = max_rows_per_unit
        self.i_know = i_know
        self.minutes, self.shift_dates = minutes, shift_dates
        self.device, self.seed = device, seed

    def set_params(self, **parameters: Any) -> Self:
        """Set parameters by name; ``generator__chains`` is the ``chains`` of the generator, which may be given by its name.

        Raises:
            ConfigError: if there is no parameter of such a name, or another generator has it.
        """
        return super().set_params(**with_nested(parameters, self.generator, self._get_param_names(), default=GENERATOR))

    def fit(
        self,
        database: Database | Mapping[str, Frame] | str | Path,
        *,
        unit: str | None = None,
        schemas: Mapping[str, Schema] | None = None,
        drop: Sequence[str] = (),
        progress: Watcher = None,
    ) -> Self:
        """Learn linked tables; gives the synthesizer itself.

        Args:
            database: a ``Database``, tables by name, or what ``Database.read`` reads.
            unit: the table that ``sample`` counts, such as patients; None takes the database's own.
            schemas: under epsilon, by table, what its columns are; what they say is public.
            drop: under epsilon, columns to leave out, as ``"table.column"``.
            progress: called with each step (its ``stage``, ``step`` and ``steps``); True draws a bar, in a notebook, too.

        Raises:
            DataError: if the tables cannot be learned.
            SchemaError: if nobody says what the unit is, or it belongs to another table.
            ConfigError: if a hyper-parameter cannot be used.
            PrivacyError: if ``epsilon`` is given and something asked for would break its promise.
        """
        run(self.fit_steps(database, unit=unit, schemas=schemas, drop=drop), progress)
        return self

    def fit_steps(
        self,
        database: Database | Mapping[str, Frame] | str | Path,
        *,
        unit: str | None = None,
        schemas: Mapping[str, Schema] | None = None,
        drop: Sequence[str] = (),
        keys: DatabaseSchema | None = None,
        record: Record | None = None,
    ) -> Iterator[Progress]:
        """Do what ``fit`` does step by step, yielding progress; the synthesizer is fitted once it ends.

        Under epsilon ``keys`` are all keys, where they are not those that the database itself declares, and ``record`` is where the fit
        keeps what it spends.
        """
        if self.epsilon is not None:
            yield from self._fit_privately(DatabaseSource(database, unit, keys, schemas, drop), record)
            return
        if schemas is not None or drop:
            raise ConfigError("schemas and drop must come with epsilon, however: they stand alone; leave them out")
        encoding = from_parameters(EncodingConfig, self.get_params(deep=False))
        generator = make_generator(GENERATOR if self.generator is None else self.generator)
        more: dict[str, Any] = {"check": False, "minutes": self.minutes}
        configs = Configs(encoding=encoding, privacy=PrivacyConfig(), generator=generator, **more)
        streams, device = Streams(self.seed), resolve_device(self.device)
        yield Progress("reading")
        linked = as_database(database, unit)
        table = unit_to_learn(linked, 2 * self.rare_below)
        check_shifts(self.shift_dates, None)
        if self.shift_dates is not None:
            linked = with_shifted_dates(linked, table, self.shift_dates, streams.numpy("shifts"))
        model = yield from learn_database(linked, table, configs, streams, device)
        model.settings |= {"shift_dates": self.shift_dates, "seed": self.seed}
        self._adopt(model)

    def plan(
        self,
        database: Database | Mapping[str, Frame] | str | Path,
        *,
        unit: str | None = None,
        schemas: Mapping[str, Schema] | None = None,
        drop: Sequence[str] = (),
        keys: DatabaseSchema | None = None,
    ) -> DatabasePlan:
        """What ``fit_steps`` would do with each table; under epsilon from what is declared alone, so that nothing is spent.

        Raises:
            As ``fit_steps`` does before it learns.
        """
        if self.epsilon is not None:
            return plan_privately(
                DatabaseSource(database, unit, keys, schemas, drop), private_configs(self.get_params(deep=False), unit)
            )
        linked = as_database(database, unit)
        table = unit_to_learn(linked, 2 * self.rare_below)
        return plan_database(without_listed_owners(linked), table)

    def _fit_privately(self, source: DatabaseSource, record: Record | None) -> Iterator[Progress]:
        """A fit under epsilon, whose unit is a row of the unit's table with all that belongs to it."""
        check_shifts(self.shift_dates, self.epsilon)
        configs = private_configs(self.get_params(deep=False), source.unit)
        with self._spending(record) as account:
            self._adopt((yield from fit_database(source, configs, self.seed, self.device, account)))

    def sample(
        self,
        n: int | None = None,
        *,
        where: Texts | None = None,
        seed: int | None = None,
        history: Database | Mapping[str, Frame] | str | Path | None = None,
        until: Any = None,
    ) -> dict[str, Frame]:
        """Draw a database of ``n`` units, or what comes after given rows.

        Args:
            n: how many units; other tables that belong to nobody have rows in proportion; None with a history.
            where: by table, what its rows must meet (as in ``Synthesizer.sample``), or texts such as ``"patients.sex=F"``. What
                is asked of a table whose rows belong to the unit's is met by at least one row of each unit, which meets all of
                it; under ``"all:labs"`` by every row.
            seed: the seed of the draw; None draws other rows each time, and ``sample_seed_`` then says by which seed.
            history: the rows that units have so far: tables by name, the unit's among them, or what ``Database.read`` reads. They
                come back first in each table, as they are but for totals of rows that are drawn.
            until: with a history, beyond what nothing is drawn: ``"24 rows"`` of each owner; where tables are in order of times, a
                moment or a duration since the first time given of each unit (``"72h"``); else a value of the order.

        Returns:
            Tables by name, each of the kind that it came in.

        Raises:
            NotFittedError: before ``fit``.
            ConfigError: if ``n`` is not a whole number of at least 1, or arguments stand together that cannot.
            DataError: if a condition names what is not there or was never learned, too few units meet it, or the history does not
                fit the model.
            SchemaError: if a column of the history does not fit the schema.
        """
        if history is None:
            if until is not None:
                raise ConfigError(f"until must stand with a history, however: until={until!r}", parameter="until")
            drawn = self._fitted().draw(number_to_draw(n), where, self._streams_of_draw(seed, where))
        else:
            model = self._opened("history")
            left_out_with_history(n=n, where=where)
            streams = self._streams_of_draw(seed, real="rows").below("history")
            drawn = model.go_on(tables_of(history), until, streams)
        origin = self.sample_origin_
        forms = {name: self._fitted().forms.get(name, Form()) for name in drawn}
        return {name: with_origin(in_form(frame, forms[name]), origin) for name, frame in drawn.items()}

    def score_samples(self, database: Database | Mapping[str, Frame] | str | Path) -> NDArray[np.float64]:
        """Log densities of units with all rows of theirs, ``[units]``; raises as ``sample`` with a history, but takes any level."""
        return self._opened("score_samples").log_densities(tables_of(database), Streams(self.seed).below("density"))

    def write(self, target: str | Path, tables: Mapping[str, Frame]) -> Path | None:
        """Write a sample with its keys, all or nothing, readable by its owner alone.

        Args:
            target: a file of SQLite or DuckDB by its ending, a SQL URL of a database without such tables, or a new folder. What
                has no such ending is written as what was learned was: as a file of SQLite or DuckDB, as FHIR, or as a folder of
                files of the same format (Parquet, CSV, SAS transport, ...); text that ends in "/" is a folder.
            tables: what ``sample`` gave.

        Returns:
            The file or folder; None for a database behind a URL.

        Raises:
            NotFittedError: before ``fit``.
            DataError: if it cannot be written there.
            ResourceError: if the disk is full.
        """
        model = self._fitted()
        kind, ending = model.stored
        how: dict[str, Any] = {"private": True, "origin": self.sample_origin_}
        return write_database(tables, model.linked, target, kind=kind, ending=ending, **how)

    def _opened(self, what: str) -> DatabaseModel:
        """The model, where it was not learned under epsilon; raises ConfigError where it was."""
        model = self._fitted()
        if not isinstance(model, DatabaseModel):
            raise ConfigError(f"{what} must be for a model not learned under epsilon, however: this one was")
        return model

    def _adopt(self, model: DatabaseModel | NoisyDatabaseModel) -> None:
        """Take a fitted model as one's own."""
        super()._adopt(model)
        self.schema_ = model.linked
