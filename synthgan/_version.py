"""The version, in a file of its own that imports nothing, so that every part of the package may ask for it."""

__version__ = "0.1.0"
