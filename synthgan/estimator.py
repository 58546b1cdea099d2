"""Parameters by name, and what every synthesizer does with the model it has fitted: keeps it in a file and opens it again."""

from __future__ import annotations

import inspect
import itertools
import os
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, Self, TypeVar

import numpy as np
from sklearn.base import BaseEstimator

from synthgan.errors import ConfigError, NotFittedError, Remedy
from synthgan.io import modelfile
from synthgan.io.manifest import read_model
from synthgan.io.origins import model_told, origin_of_draw
from synthgan.notebook import html_table
from synthgan.privacy.spent import Account, check_alone, check_earlier
from synthgan.runtime import Streams, resolve_device
from synthgan.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import torch

    from synthgan.privacy.spent import Record, Spent


class Model(Protocol):
    """What a synthesizer asks of its model.

    Attributes:
        settings: every hyper-parameter of the fit, and its seed.
    """

    settings: dict[str, Any]

    def manifest(self) -> dict[str, Any]:
        """What the model says of itself, as JSON."""

    def tensors(self) -> dict[str, np.ndarray]:
        """All arrays of the model by name."""

    @classmethod
    def from_file(
        cls, path: str | Path, manifest: dict[str, Any], tensors: dict[str, np.ndarray], device: torch.device
    ) -> Self:
        """Rebuild a model from the two halves of its file."""


M = TypeVar("M", bound=Model)
SEEDS = 2**32  # draws that chance tells apart, and few enough digits to be typed


class Draws:
    """The seeds of the draws of one fitted synthesizer in the process that fitted it: each another one, the first that of the fit."""

    def __init__(self, seed: int) -> None:
        """Count from the first draw on."""
        self._seed, self._process, self._count = seed, os.getpid(), itertools.count()

    def next(self) -> int:
        """The seed of the next draw; by chance in a process that was forked off, where others count alike."""
        if os.getpid() != self._process:
            return secrets.randbelow(SEEDS)
        count = next(self._count)
        return self._seed if count == 0 else Streams(self._seed).key("sample", count) % SEEDS


class Parametrised(BaseEstimator):  # type: ignore[misc]
    """A scikit-learn estimator that refuses a parameter it does not have, by name and with the right place.

    A class may know other places: it says so in ``_elsewhere``.
    """

    def __init_subclass__(cls, **options: Any) -> None:
        """State the signature of the constructor, which ``__new__`` would hide."""
        super().__init_subclass__(**options)
        parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
        cls.__signature__ = inspect.Signature(parameters)

    def __new__(cls, *_: Any, **parameters: Any) -> Self:
        """Refuse names that ``__init__`` does not know; Python's own refusal could not say where they belong."""
        cls._check_names(parameters)
        return super().__new__(cls)

    def set_params(self, **parameters: Any) -> Self:
        """Set parameters by name; ``generator__steps`` is the ``steps`` of the parameter ``generator``.

        Raises:
            ConfigError: if there is no parameter of such a name.
        """
        self._check_names({name.partition("__")[0]: value for name, value in parameters.items()})
        return super().set_params(**parameters)

    @classmethod
    def _check_names(cls, given: Mapping[str, Any]) -> None:
        known = cls._get_param_names()
        for name, value in given.items():
            if name not in known:
                owner, remedy = cls._elsewhere(name, value) or (None, did_you_mean(name, known) or Remedy.known(known))
                found = "there is none of that name" if owner is None else f"it was given to {cls.__name__}"
                raise ConfigError(
                    f"{name} must be a parameter of {owner or cls.__name__}, however: {found}", remedy=remedy
                )

    @classmethod
    def _elsewhere(cls, name: str, value: object) -> tuple[str, Remedy | str] | None:  # noqa: ARG003
        """Whose parameter it is, and what to write instead; None where nobody is known to have it."""
        return None


class Estimator(Parametrised, Generic[M]):
    """A scikit-learn estimator that is fitted once it has a model, its attribute ``model_``.

    A synthesizer names the class of its model in ``_model``, hands what it fitted to ``_adopt``, and asks ``_fitted`` for it.
    ``spent_`` is what private fits of it have spent that were interrupted or failed; the next one counts it, too.
    ``sample_seed_`` is the seed of the last draw: given as ``seed``, it draws the same again. ``sample_origin_`` says where its rows
    come from, as the files that they are written to say it.
    """

    _model: ClassVar[type[Any]]
    _draws: Draws | None = None
    spent_: tuple[Spent, ...] = ()
    sample_seed_: int | None = None
    sample_origin_: Mapping[str, Any] | None = None
    _told: dict[str, Any] | None = None

    def save(self, path: str | Path) -> None:
        """Write the fitted synthesizer to a model file, atomically.

        Raises:
            NotFittedError: before ``fit``.
            ModelFileError: if it cannot be written there.
            ResourceError: if the disk is full.
        """
        model = self._fitted()
        modelfile.write(path, model.manifest(), model.tensors())

    @classmethod
    def load(cls, path: str | Path, *, device: str = "auto") -> Self:
        """Open a model file, made on whatever device.

        Raises:
            ModelFileError: if the file is missing, damaged, forged, of a newer format, or a model of another kind.
            ConfigError: if there is no such device.
        """
        manifest, tensors = read_model(path)
        model: M = cls._model.from_file(path, manifest, tensors, resolve_device(device))
        known = set(cls._get_param_names())
        synthesizer = cls(**{name: value for name, value in model.settings.items() if name in known}, device=device)
        synthesizer._adopt(model)
        synthesizer._draws = None  # whoever opens a file again must not draw again what somebody has
        return synthesizer

    def manifest(self) -> dict[str, Any]:
        """What the model file says of itself: what was learned, configuration, training summary, ledger, provenance."""
        return self._fitted().manifest()

    def _adopt(self, model: M) -> None:
        """Take a fitted model as one's own."""
        self.model_, self._draws, self._told = model, Draws(self.seed), None

    def _streams_of_draw(self, seed: int | None, where: Any = None, real: str | None = None) -> Streams:
        """The streams of one draw, whose seed is then told by ``sample_seed_``, and its origin by ``sample_origin_``.

        Without a seed each draw is another one. After a fit they follow from its seed, so that a script gives the same rows each
        time that it is run; of an opened file, of a copy and in another process they follow from chance.
        """
        streams = Streams(self._next_seed() if seed is None else seed)
        self.sample_seed_ = int(streams.seed)
        if self._told is None:
            model = self._fitted()
            self._told = model_told(model.manifest(), modelfile.tensors_sha256(model.tensors()))
        follows = self._draws is not None  # from the seed of the fit: the same script gives the same bytes
        how: dict[str, Any] = {"repeatable": seed is not None or follows, "where": where, "real": real}
        self.sample_origin_ = origin_of_draw(self._told, seed=self.sample_seed_, **how)
        return streams

    def _next_seed(self) -> int:
        return secrets.randbelow(SEEDS) if self._draws is None else self._draws.next()

    def __getstate__(self) -> dict[str, Any]:
        """Leave out how many draws there were: a copy must not draw what this one draws."""
        return super().__getstate__() | {"_draws": None}

    @contextmanager
    def _spending(self, record: Record | None) -> Iterator[Account]:
        """Lend the account of one private fit; what it spends outlives a fit that ends early.

        Raises:
            PrivacyError: if something was spent before, and nobody said ``i_know``; or if other processes fit the same rows.
        """
        check_alone()
        parameters = self.get_params(deep=False)
        earlier, keep = (self.spent_, None) if record is None else (record.earlier, record.keep)
        check_earlier(earlier, "this synthesizer", i_know=parameters["i_know"])
        account = Account(epsilon=parameters["epsilon"], mechanism=parameters["mechanism"], earlier=earlier, keep=keep)
        try:
            yield account
            account.settle()
        finally:
            self.spent_ = account.spent

    def __repr__(self, N_CHAR_MAX: int = 700) -> str:
        """Return the parameters and, once it is fitted, what was learned."""
        learned = learned_of(self.manifest()) if hasattr(self, "model_") else ""
        return f"{super().__repr__(N_CHAR_MAX)}{learned and f'  # learned {learned}'}"

    def _repr_html_(self) -> str:
        """What notebooks show: what was learned, parameters that are not the default ones, and the schema."""
        learned = f", which learned {learned_of(self.manifest())}" if hasattr(self, "model_") else ", not fitted"
        usual = inspect.signature(type(self)).parameters
        chosen = [
            (name, repr(value)) for name, value in self.get_params(deep=False).items() if value != usual[name].default
        ]
        shown = html_table(("parameter", "value"), chosen, f"{type(self).__name__}{learned}")
        schema = getattr(getattr(self, "schema_", None), "_repr_html_", str)()
        return f"{shown}\n{schema}"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """What notebooks ask for; scikit-learn's own is a diagram of parameters."""
        return {"text/plain": repr(self), "text/html": self._repr_html_()}

    def _fitted(self) -> M:
        if not hasattr(self, "model_"):
            raise NotFittedError("a synthesizer must be fitted first, however: it is not; call fit or load")
        return self.model_


def learned_of(manifest: Mapping[str, Any]) -> str:
    """What a model was learned from, in a few words; counts of private models are noisy.

    Example:
        >>> learned_of({"rows": 456, "schema": {"columns": [{}] * 32}, "privacy": {"epsilon": 1.5}})
        '456 rows of 32 columns, epsilon 1.5'
    """
    ledger, said = manifest.get("privacy"), []
    if "parts" in manifest:
        said.append(f"{manifest['units']:,} {manifest['unit']} of {len(manifest['parts'])} tables")
    elif "images" in manifest:
        said.append(f"{manifest['rows']:,} images")
    else:
        said.append(f"{manifest['rows']:,} rows of {len(manifest['schema']['columns'])} columns")
    return ", ".join([*said, *([f"epsilon {ledger['epsilon']:g}"] if ledger else [])])


def number_to_draw(n: object) -> int:
    """How many samples are asked for, as a plain number.

    Raises:
        ConfigError: if it is not a whole number of at least 1.
    """
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1:
        raise ConfigError(f"n must be a whole number of at least 1, however: n={n!r}", parameter="n")
    return int(n)
