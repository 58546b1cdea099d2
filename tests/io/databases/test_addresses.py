"""Addresses of databases: what is secret in them is never told."""

from __future__ import annotations

import pytest

from synthgan import Database, DataError
from synthgan.io.databases.addresses import address_of, is_url

SECRET = "postgresql://ann:s3cr%40t@localhost:1/hospital?token=qwerty&sslmode=disable"  # noqa: S105 (nobody's)


def test_urls_are_told_from_paths():
    assert is_url(SECRET)
    assert not is_url("C:/data/patients.db")
    assert not is_url(3)


def test_no_secret_is_shown():
    address = address_of(SECRET)
    assert address.shown == "postgresql://localhost:1/hospital"
    assert repr(address) == "Address('postgresql://localhost:1/hospital')"
    told = address.told("user ann with s3cr@t (s3cr%40t) and qwerty of token=qwerty&sslmode=disable")
    assert told == "user *** with *** (***) and *** of ***"


def test_short_secrets_are_hidden_where_they_stand_alone():
    assert address_of("x://a:b@c/d").told("abba a b") == "abba *** ***"


def test_an_address_that_cannot_be_read_is_refused_without_a_word_of_it():
    with pytest.raises(DataError) as caught:
        address_of("postgresql://ann:s3cret@host:no/x")
    assert str(caught.value) == "a database's URL must be one, however: it cannot be read"


REFUSED = {
    "nobody answers": (SECRET, "postgresql://localhost:1/hospital must be a database that can be used, however: "),
    "no driver": (
        SECRET.replace("postgresql", "mysql"),
        "mysql://localhost:1/hospital must be of a kind for which a driver",
    ),
    "no such kind": (SECRET.replace("postgresql", "hospital"), "hospital://localhost:1/hospital must be a database"),
    "encrypted": (SECRET.replace("disable", "require"), "however: "),
    "verified": (SECRET.replace("disable", "verify-full"), "however: "),
}


@pytest.mark.parametrize(("url", "message"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("write", [False, True], ids=["read", "written"])
def test_no_secret_is_in_an_error_or_in_what_it_came_from(url, message, write):
    import pandas as pd

    database = Database({"t": pd.DataFrame({"a": [1]})})
    with pytest.raises(DataError) as caught:
        database.write(url) if write else Database.read(url)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    for secret in ("ann", "s3cr", "qwerty"):
        assert secret not in str(caught.value)
        assert secret not in repr(caught.value.__cause__)
    assert caught.value.__suppress_context__
