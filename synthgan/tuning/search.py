"""Searches the parameters of a generator with Optuna, and holds the best found against the defaults on rows that no trial saw."""

from __future__ import annotations

import time
import warnings
from dataclasses import asdict, dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.data.rows import number_of_rows
from synthgan.data.schema import Schema
from synthgan.distributed.executor import check_executor
from synthgan.distributed.threads import Threads
from synthgan.errors import ConfigError, DataError, PrivacyError
from synthgan.io.extras import required
from synthgan.io.sources import as_frame
from synthgan.tuning.measuring import Figures, Parts, Settings
from synthgan.tuning.spaces import parameters_of, space_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from synthgan.data import Frame
    from synthgan.distributed.executor import Executor
    from synthgan.tuning.spaces import Choice, Range

    Space = Mapping[str, Range | Choice]

RUNGS = (0.4, 1.0)  # shares of the rows that a trial learns; after the first, what is below the median ends
TOGETHER = 4  # trials that are asked for before one of them is told: as many on any executor, or each would search in its own way
FIRST_TRIALS = 6  # that are drawn at random, before anything is modelled or ended
MIN_FOUND = 0.02  # of the rows learned: below, nobody tells a leak from chance
REPEATS = 3
CLEAR = 2.0  # standard errors


@dataclass(frozen=True)
class Tuned:
    """What a search found.

    Attributes:
        parameters: of the best setting, as ``set_params`` of a synthesizer takes them; empty where the defaults stay.
        default: figures of the defaults on rows that no trial saw, the mean over seeds.
        best: those of the best setting found, whether it is taken or not.
        gain: fidelity gained, the mean over seeds, and ``gain_error`` its standard error.
        trials: how many trials there were, and ``pruned`` how many of them ended early.
        tried: the best setting, whether it is taken or not.
    """

    parameters: dict[str, Any]
    default: Figures
    best: Figures
    gain: float
    gain_error: float
    trials: int
    pruned: int
    tried: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON."""
        return asdict(self)


def tune(
    data: Frame | str | Path,
    *,
    generator: str | None = None,
    trials: int = 40,
    minutes: float | None = None,
    schema: Schema | None = None,
    unit: str | None = None,
    epsilon: float | None = None,
    delta: float = 1e-6,
    public: bool = False,
    study: str | Path | None = None,
    resume: bool = False,
    executor: Executor | None = None,
    seed: int = 0,
    progress: Callable[[int, int, float | None], None] | None = None,
) -> Tuned:
    """Search a generator's parameters for fidelity, where no more of the learned rows are found than by the defaults.

    The table is parted (by unit): four tenths are learned by each trial, four tenths judge it, and two tenths are seen by none:
    they decide in the end, over several seeds, whether the best setting is better than the defaults. Trials are Optuna's: TPE
    with the leak as a constraint; what is below the median after a part of the rows ends there.

    Args:
        data: a frame, or the path of a file.
        generator: whose parameters; None takes the default.
        trials: how many at most, earlier ones of a resumed search among them.
        minutes: begin no further trial after so many.
        schema: what the table is; None infers it.
        unit: the column that says whose a row is; it is learned by nobody.
        epsilon: tune private fits. The rows of a search are looked at freely, so they must be ``public``.
        delta: of private fits.
        public: whether the rows may be looked at freely.
        study: a SQLite file that keeps all trials; None keeps none.
        resume: go on with the trials of that file.
        executor: where trials are run, four at a time, and the last fits; None runs them here. It changes no result.
        seed: of the parts, the trials and all fits.
        progress: called after each trial with how many there were, of how many, and the best fidelity so far.

    Raises:
        ConfigError: if there is no such generator, or an argument cannot be used.
        DataError: if the table cannot be learned or is too small, or the file keeps another search.
        PrivacyError: if private fits were to be tuned on rows that are not public.
    """
    if epsilon is not None and not public:
        raise PrivacyError(
            "tuning must look at public rows alone under epsilon, however: these are not said to be; what a search tells of rows is not "
            "paid for",
            remedy="search on a public table of the same kind",
        )
    if trials < 1:
        raise ConfigError(f"trials must be at least 1, however: trials={trials}")
    check_executor(executor)
    optuna = required("optuna", "tune")
    name, space = space_of(generator, private=epsilon is not None)
    frame = as_frame(data, schema)
    privacy = {} if epsilon is None else {"epsilon": epsilon, "delta": delta, "i_know": True}
    described = Schema.infer(frame, drop=[] if unit is None else [unit]) if schema is None else schema
    parts = Parts.of(frame, described, unit, seed, privacy)
    start = {} if name == "private" or generator is None else {"generator": generator}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        searched = _Search(parts, name, space, start, seed, executor or Threads())
        kept = searched.opened(optuna, study, resume=resume)
        searched.run(optuna, kept, trials=trials, minutes=minutes, progress=progress)
        return searched.decided(optuna, kept)


@dataclass(frozen=True)
class _Search:
    """One search: what is tried, on what.

    Attributes:
        parts: of the table.
        name: of the space.
        space: what is searched.
        start: parameters of the defaults.
        seed: of everything.
        executor: where trials are run.
    """

    parts: Parts
    name: str
    space: Space
    start: dict[str, Any]
    seed: int
    executor: Executor

    def opened(self, optuna: Any, path: str | Path | None, *, resume: bool) -> Any:
        """The study, with the figures of the defaults in it."""
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        about = {"rows": self.parts.fingerprint(), "space": self.name, "seed": self.seed}
        study = optuna.create_study(
            study_name="synthgan",
            storage=None if path is None else f"sqlite:///{path}",
            direction="maximize",
            sampler=optuna.samplers.TPESampler(
                seed=self.seed, n_startup_trials=FIRST_TRIALS, multivariate=True, constraints_func=_excess
            ),
            pruner=optuna.pruners.MedianPruner(n_startup_trials=FIRST_TRIALS),
            load_if_exists=resume,
        )
        if "about" not in study.user_attrs:
            usual = self.parts.measured(self.start, seed=self.seed)
            study.set_user_attr("defaults", asdict(usual))
            study.set_user_attr("about", about)
        elif study.user_attrs["about"] != about:
            raise DataError(
                f"{path} must keep a search on these rows by this seed and generator, however: it keeps another; name another file"
            )
        return study

    def run(
        self,
        optuna: Any,
        study: Any,
        *,
        trials: int,
        minutes: float | None,
        progress: Callable[[int, int, float | None], None] | None,
    ) -> None:
        """Runs the trials that are left."""
        for left_over in study.get_trials(states=(optuna.trial.TrialState.RUNNING,)):  # by a search that was killed
            study.tell(left_over.number, state=optuna.trial.TrialState.FAIL)
        ends = None if minutes is None else time.monotonic() + 60 * minutes

        def in_time(_: int = 0) -> bool:
            return ends is None or time.monotonic() < ends

        while (left := trials - len(_ended(optuna, study))) > 0 and in_time():
            asked = [study.ask() for _ in range(min(TOGETHER, left))]
            settings = [
                parameters_of(self.name, {key: part.suggested(trial, key) for key, part in self.space.items()})
                for trial in asked
            ]
            going, done = dict(enumerate(asked)), len(_ended(optuna, study))
            for step, share in enumerate(RUNGS):
                indices, staying = list(going), {}
                work = Settings(self.parts, settings, [self.seed], share=share)
                begun = indices if step else takewhile(in_time, indices)
                for index, figures in zip(indices, self.executor.map(Settings.measured, begun, work), strict=False):
                    trial = going.pop(index)
                    if not self._told(optuna, study, trial, figures, step):
                        staying[index] = trial
                        continue
                    done += 1
                    if progress is not None:
                        best = _best(optuna, study)
                        progress(done, trials, None if best is None else best.value)
                for trial in going.values():  # for which there was no time
                    study.tell(trial, state=optuna.trial.TrialState.FAIL)
                going = staying

    def _told(self, optuna: Any, study: Any, trial: Any, figures: Figures | None, step: int) -> bool:
        """Tells the study what a trial came to at a rung; whether it has ended."""
        if figures is None:  # such a setting cannot be learned: no reason to end the search
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
            return True
        trial.report(figures.fidelity, step)
        if step + 1 < len(RUNGS):
            if not trial.should_prune():
                return False
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
            return True
        trial.set_user_attr("found", figures.found)
        trial.set_user_attr("excess", float(figures.found - self._bound(study)))
        study.tell(trial, figures.fidelity)
        return True

    def _bound(self, study: Any) -> float:
        """The share of rows that may be found: that of the defaults, and one standard error."""
        usual = max(study.user_attrs["defaults"]["found"], MIN_FOUND)
        return float(usual + np.sqrt(usual * (1 - usual) / number_of_rows(self.parts.learn)))

    def decided(self, optuna: Any, study: Any) -> Tuned:
        """Holds the best setting against the defaults, on the test rows and by other seeds than the search had."""
        finished = _ended(optuna, study)
        best = _best(optuna, study)
        tried = {} if best is None else parameters_of(self.name, best.params)
        seeds = [self.seed + 1 + repeat for repeat in range(REPEATS)]
        work = Settings(self.parts, [self.start, *([tried] if tried else [])], seeds, last=True)
        found = list(self.executor.map(Settings.surely, range(len(work.settings) * REPEATS), work))
        usual, better = found[:REPEATS], found[-REPEATS:]
        gains = np.array([one.fidelity - other.fidelity for one, other in zip(better, usual, strict=True)])
        error = float(gains.std(ddof=1) / np.sqrt(len(gains)))
        default, chosen = _mean(usual), _mean(better)
        leaks_no_more = chosen.found <= max(default.found, MIN_FOUND)
        taken = tried if leaks_no_more and gains.mean() > CLEAR * error else {}
        pruned = sum(trial.state == optuna.trial.TrialState.PRUNED for trial in finished)
        return Tuned(taken, default, chosen, float(gains.mean()), error, len(finished), pruned, tried)


def _excess(trial: Any) -> tuple[float]:
    """How much more a trial gives away than may be; 0 or less is fine. One that ended early was not attacked."""
    return (trial.user_attrs.get("excess", 0.0),)


def _ended(optuna: Any, study: Any) -> list[Any]:
    """The trials that came to something; for the others there was no time."""
    return list(study.get_trials(states=(optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED)))


def _best(optuna: Any, study: Any) -> Any:
    complete = [trial for trial in study.trials if trial.state == optuna.trial.TrialState.COMPLETE]
    allowed = [trial for trial in complete if trial.user_attrs["excess"] <= 0]
    return max(allowed, key=lambda trial: trial.value, default=None)


def _mean(figures: list[Figures]) -> Figures:
    return Figures(
        round(float(np.mean([one.fidelity for one in figures])), 4),
        round(float(np.mean([one.found for one in figures])), 4),
    )
