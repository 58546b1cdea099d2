"""What the type of a column says of it, whatever it holds: its unit, and the type that can hold gaps as well."""

from __future__ import annotations

from synthgan.data.containers.dtypes import NOT_NULL, capitalised, storage_type
from synthgan.data.stamps import is_temporal, unit_of


def unit_of_type(container: str, dtype: str) -> str | None:
    """Gives the unit in which a type of dates, stamps or durations counts; None for any other type.

    Example:
        >>> unit_of_type("pandas", "datetime64[ns]"), unit_of_type("pyarrow", "date32[day]"), unit_of_type("polars", "Int8")
        ('nanosecond', 'day', None)
    """
    kind = storage_type(container, dtype)
    return unit_of(kind) if is_temporal(kind) else None


def nullable(container: str, dtype: str) -> str:
    """Gives the type that is like another and can also hold missing values.

    Example:
        >>> nullable("pandas", "uint8"), nullable("pandas", "bool"), nullable("pandas", "object"), nullable("pyarrow", "string not null")
        ('UInt8', 'boolean', 'object', 'string')
    """
    if container != "pandas":
        return dtype.removesuffix(NOT_NULL)
    if dtype == "bool":
        return "boolean"
    return capitalised(dtype) if dtype.startswith(("int", "uint")) and "[" not in dtype else dtype
