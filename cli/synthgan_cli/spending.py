"""The file beside a model that keeps what private fits have spent: it stays where one ends early."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from synthgan import ModelFileError, PrivacyError

if TYPE_CHECKING:
    from pathlib import Path

    from synthgan.privacy.spent import Spent

SUFFIX = ".spent.json"
_MAX_BYTES = 1_000_000


class SpentFile:
    """What private fits have spent on the way to one model; the model itself carries it once it is written.

    Attributes:
        path: the file.
        earlier: what was spent by fits that ended early.
        replaced: what the private model spent that stands there and is to be replaced; None where there is none.
        kept: what this fit has spent; None as long as it has given no answer.
    """

    def __init__(self, model: Path) -> None:
        """Read what is there.

        Raises:
            PrivacyError: if what is there cannot be read: nobody could add it up.
        """
        self.path = model.with_name(f"{model.name}{SUFFIX}")
        self.kept: Spent | None = None
        self.earlier = self._read()
        self.replaced = _released(model)

    @classmethod
    def of(cls, model: Path, *, i_know: bool) -> Self:
        """The record of fits to a model.

        Raises:
            PrivacyError: if one has spent something before, and nobody accepted that both add up.
        """
        from synthgan.privacy.spent import check_earlier

        record = cls(model)
        check_earlier(record.earlier, str(model), i_know=i_know)
        return record

    def keep(self, spent: Spent) -> None:
        """Write down what this fit is about to spend; it is on the disk when this returns.

        Raises:
            PrivacyError: if another fit has written there since this one began.
        """
        from synthgan.io.atomic import write_files
        from synthgan.privacy.spent import to_json

        if self._read() != self.earlier:
            raise PrivacyError(
                f"{self.path} must be written by one fit at a time, however: another has begun; write to another file with -o"
            )
        write_files({self.path: to_json((*self.earlier, spent))}, private=True)
        self.kept = spent

    def settle(self) -> None:
        """Remove the file once the model is written. A kill between the two leaves both, which counts too much, not too little."""
        if self.kept is not None and self._read() == (*self.earlier, self.kept):
            self.path.unlink(missing_ok=True)

    def words(self) -> str | None:
        """What a fit that ended early leaves; None where it has given no answer."""
        return None if self.kept is None else f"{self.kept} was spent, as {self.path} says; nothing else was written"

    def _read(self) -> tuple[Spent, ...]:
        """What fits that ended early have spent."""
        from synthgan.privacy.spent import from_json

        try:
            if not self.path.exists():
                return ()
            ours = self.path.is_file() and self.path.stat().st_size <= _MAX_BYTES
            return from_json(self.path.read_text(encoding="utf-8") if ours else "")
        except (OSError, UnicodeDecodeError, PrivacyError) as error:
            raise PrivacyError(
                f"{self.path} must say what earlier private fits have spent, however: it cannot be read; restore it, or remove it "
                f"and add up by hand what was spent"
            ) from error


def _released(model: Path) -> Spent | None:
    """What the private model spent that stands where one is to be written: who has it, has seen its answers."""
    from synthgan.io.modelfile import read
    from synthgan.privacy.spent import Spent

    try:
        manifest: dict[str, Any] = read(model)[0] if model.is_file() else {}
        return Spent.by_model(manifest) if manifest.get("privacy") else None
    except (ModelFileError, KeyError, TypeError, AttributeError, PrivacyError):
        return None  # whatever it is, nothing was promised of it
