"""The errors synthgan raises, as one tree; every message is one line: what must be, what was found, the remedy."""

from __future__ import annotations

import reprlib
import traceback
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_PACKAGE: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Option:
    """A parameter and the value to give it.

    Attributes:
        name: the parameter, as the library calls it.
        value: what to give it; a list where it takes several.
        why: what that does, in words.
    """

    name: str
    value: object
    why: str = ""

    def __str__(self) -> str:
        """The option as Python takes it."""
        return f"{self.name}={self.value!r}" + (f" ({self.why})" if self.why else "")


@dataclass(frozen=True, slots=True)
class Named:
    """An object as the value of an option: a call in Python, a name and parameters on the command line.

    Attributes:
        call: the class, as Python calls it.
        name: its name.
        parameters: what it is made with.

    Example:
        >>> Named("Network", "network", {"steps": 10})
        Network(steps=10)
    """

    call: str
    name: str
    parameters: Mapping[str, object]

    def __repr__(self) -> str:
        """The call."""
        return f"{self.call}({', '.join(f'{name}={reprlib.repr(value)}' for name, value in self.parameters.items())})"


@dataclass(frozen=True, slots=True)
class Known:
    """The names that would have been known, all of them.

    Attributes:
        names: in the order in which they are shown.

    Example:
        >>> print(Known(("steps", "seed")))
        known: steps, seed
    """

    names: tuple[str, ...]

    def __str__(self) -> str:
        """The list in words."""
        return f"known: {', '.join(self.names) or 'none'}"


@dataclass(frozen=True, slots=True)
class Remedy:
    """What helps against an error, as data: whoever shows it writes it in the language of its reader.

    Attributes:
        choices: alternatives, each a parameter to set, names to choose from or a piece of advice in words.

    Example:
        >>> remedy = Remedy.option("drop", ["notes"], "leave it out") | Remedy.option("identifiers", ["notes"])
        >>> str(remedy | "shorten it")
        "drop=['notes'] (leave it out), identifiers=['notes'] or shorten it"
    """

    choices: tuple[Option | Known | str, ...]

    @classmethod
    def option(cls, name: str, value: object, why: str = "") -> Remedy:
        """One parameter to set."""
        return cls((Option(name, value, why),))

    @classmethod
    def known(cls, names: Iterable[object]) -> Remedy:
        """Names to choose from."""
        return cls((Known(tuple(map(str, names))),))

    def __or__(self, other: Remedy | str) -> Remedy:
        """This, or something else."""
        return Remedy(self.choices + _choices(other))

    def __ror__(self, other: str) -> Remedy:
        """Something else, or this."""
        return Remedy(_choices(other) + self.choices)

    def __str__(self) -> str:
        """The alternatives as Python takes them."""
        return joined([str(choice) for choice in self.choices])

    def in_words(self) -> Remedy:
        """The same without parameters, for a caller that has none of them."""
        words = (choice.why if isinstance(choice, Option) else choice for choice in self.choices)
        return Remedy(tuple(word for word in words if word))


def joined(texts: list[str]) -> str:
    """Alternatives as a list in words: ``a, b or c``."""
    return " or ".join(filter(None, (", ".join(texts[:-1]), *texts[-1:])))


def _choices(given: Remedy | str) -> tuple[Option | Known | str, ...]:
    return given.choices if isinstance(given, Remedy) else (given,) * bool(given)


class SynthganError(Exception):
    """Anything that synthgan refuses on purpose; catch this one to catch them all.

    Attributes:
        message: what must be and what was found; the remedy is kept apart.
        remedy: what helps, None where the message says all.
        parameter: the parameter that the message speaks of in its first word, None where there is none.

    Example:
        >>> print(SynthganError("rows must be few, however: they are many", remedy=Remedy.option("rows", 3)))
        rows must be few, however: they are many; rows=3
    """

    def __init__(self, message: str = "", *, remedy: Remedy | str | None = None, parameter: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = Remedy(_choices(remedy)) if remedy else None
        self.parameter = parameter

    def __str__(self) -> str:
        """The whole line, as Python speaks."""
        return "; ".join(filter(None, (self.message, str(self.remedy or ""))))

    def _render_traceback_(self) -> list[str]:
        """What notebooks show in the place of fifty lines: first what is wrong, then the caller's own lines that led here."""
        called = traceback.extract_tb(self.__traceback__)
        own = takewhile(lambda frame: _PACKAGE not in Path(frame.filename).parents, called)
        lines = [
            f"  line {frame.lineno}, in {frame.name}: {frame.line}" for frame in own if "IPython" not in frame.filename
        ]
        whole = "all of it: import sys, traceback; traceback.print_exception(sys.last_value)"
        return [f"{type(self).__name__}: {self}", *lines, f"  ({whole})"]


class ConfigError(SynthganError, ValueError):
    """A hyper-parameter or option has a value that cannot be used."""


class SchemaError(SynthganError, ValueError):
    """A schema contradicts itself, or a table does not fit the schema."""


class DataError(SynthganError, ValueError):
    """A table, a file that should hold one, or a condition on one cannot be used."""


class ModelFileError(SynthganError, ValueError):
    """A model file is damaged, forged, or of a format this version cannot read."""


class NotFittedError(SynthganError, RuntimeError):
    """Something was asked of a synthesizer that only a fitted one can do."""


class PrivacyError(SynthganError, ValueError):
    """A rule of private training or release forbids what was asked."""


class ResourceError(SynthganError, RuntimeError):
    """The machine ran out of disk, memory or time."""


class WithheldError(SynthganError, RuntimeError):
    """A fault of synthgan in a private fit, told by its kind and place alone: what it says may hold a value of a row."""


class TrainingError(SynthganError, RuntimeError):
    """Training failed in a way that the last good weights could not mend."""


class DataWarning(UserWarning):
    """What a fit could not learn of a column, or learns otherwise than it stands there.

    Attributes:
        message: what must be and what was found; the remedy is kept apart.
        remedy: what helps, None where the message says all.
    """

    parameter: str | None = None  # no message begins with one

    def __init__(self, message: str, *, remedy: Remedy | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        """The whole line, as Python speaks."""
        return "; ".join(filter(None, (self.message, str(self.remedy or ""))))


@contextmanager
def remedies_in_words() -> Iterator[None]:
    """Take the parameters from the remedies of errors that pass: the caller has none of them."""
    try:
        yield
    except SynthganError as error:
        error.remedy = error.remedy and error.remedy.in_words()
        raise
