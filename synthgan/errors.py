"""The errors synthgan raises, as one tree; every message is one line: what must be, what was found, the remedy."""


class SynthganError(Exception):
    """Anything that synthgan refuses on purpose; catch this one to catch them all."""


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


class TrainingError(SynthganError, RuntimeError):
    """Training failed in a way that the last good weights could not mend."""
