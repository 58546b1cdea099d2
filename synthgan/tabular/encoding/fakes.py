"""Names, phones and addresses that look real: made up by the package faker where a schema asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from synthgan.errors import ConfigError
from synthgan.suggest import did_you_mean_or_known
from synthgan.tabular.encoding.scatter import hashed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.data.column import Column

DEFAULT_LOCALE: Final = "en_US"
_BLOCK: Final = 1_000  # made up together, from a seed of their own


def made_up(column: Column, groups: NDArray[np.uint64], key: int) -> NDArray[np.object_]:
    """Values of a column's ``form`` in its ``locale``: objects [groups], of each group the same whoever else is asked for.

    Args:
        column: an identifier with a form such as ``"name"``.
        groups: uint64 [groups], rising.
        key: which of the series of values.

    Raises:
        ConfigError: if faker is not installed, or does not know the locale.
    """
    fake = _faker(column)
    made = np.empty(len(groups), dtype=object)
    blocks, at = np.divmod(groups, np.uint64(_BLOCK))
    for block in np.unique(blocks):
        mine = blocks == block
        fake.seed_instance(int(hashed(np.array([block], dtype=np.uint64), key)[0]))
        values = [_value(fake, str(column.form)) for _ in range(int(at[mine].max()) + 1)]
        made[mine] = np.array(values, dtype=object)[at[mine].astype(np.int64)]
    return made


def _value(fake: Any, form: str) -> str:
    text = fake.ascii_safe_email() if form == "email" else getattr(fake, _METHODS[form])()
    return str(text).replace("\n", ", ")


_METHODS: Final = {
    "name": "name",
    "first_name": "first_name",
    "last_name": "last_name",
    "phone": "phone_number",
    "address": "address",
    "street": "street_address",
    "city": "city",
    "postcode": "postcode",
    "company": "company",
    "job": "job",
    "username": "user_name",
}


def _faker(column: Column) -> Any:
    try:
        from faker import Faker
        from faker.config import AVAILABLE_LOCALES
    except ImportError as error:
        raise ConfigError(
            f"the package faker must be installed to make up column {column.name!r} ({column.form}), however: it is not; "
            f"pip install 'synthgan[faker]'"
        ) from error
    locale = column.locale or DEFAULT_LOCALE
    if locale not in AVAILABLE_LOCALES:
        raise ConfigError(
            f"column {column.name!r}: locale must be one that faker knows, however: found {locale!r}",
            remedy=did_you_mean_or_known(locale, sorted(AVAILABLE_LOCALES)),
        )
    return Faker(locale)
