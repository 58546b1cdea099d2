"""Makes the patients of the demonstration fewer columns, for processes that have this folder in PYTHONPATH; all code runs."""

from synthgan import demo

_patients = demo.patients


def _narrow():
    frame = _patients()
    return frame[[*frame.columns[:5], demo.TARGET]]


demo.patients = _narrow
