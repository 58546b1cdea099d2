"""The pattern of identifiers is learned, and names none of them."""

from __future__ import annotations

import hashlib
import uuid

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgan.data.checkdigits import checked
from synthgan.data.keyforms import read_form
from synthgan.data.keylearning import learned_pattern

RNG = np.random.default_rng(0)
N = 300
WARDS = ("A", "B")


def with_check(check, text):
    return "".join(map(chr, checked(check, np.array([text]).view(np.uint32).reshape(1, -1))[0]))


def digits(count):
    return "".join(map(str, RNG.integers(0, 10, count)))


@pytest.mark.parametrize(
    ("values", "pattern"),
    [
        ([f"MRN{100_000 + n}" for n in range(N)], "like:MRN1[0-9]{5+}"),
        ([f"{n:06d}" for n in range(1, N)], "like:0[0-9]{5+}"),
        ([f"2023-{n:06d}" for n in range(N)], "like:2023-0[0-9]{5+}"),
        ([f"{2021 + n % 3}-{n:06d}" for n in range(N)], "like:(2021|2022|2023)-[0-9]{6+}"),
        ([f"{digits(3)}-{digits(2)}-{digits(4)}" for _ in range(N)], "like:[0-9]{3}-[0-9]{2}-[0-9]{4+}"),
        ([f"user{n}@mail{n % 3}.example" for n in range(N)],
         "like:user[1-9][0-9]{1,2+}@(mail0.example|mail1.example|mail2.example)"),
        ([f"user{n}@home{n}.org" for n in range(N)], "like:user[1-9][0-9]{1,2+}@(example.com|example.net|example.org)"),
        ([hashlib.md5(str(n).encode()).hexdigest() for n in range(N)], "like:[0-9a-f]{32}"),  # noqa: S324 (a form)
        ([hashlib.sha1(str(n).encode()).hexdigest().upper() for n in range(N)], "like:[0-9A-F]{40}"),  # noqa: S324
        ([hashlib.sha256(str(n).encode()).hexdigest() for n in range(N)], "like:[0-9a-f]{64}"),
        ([str(uuid.UUID(bytes=RNG.bytes(16), version=4)) for _ in range(N)], "uuid"),
        (["{" + str(uuid.UUID(bytes=RNG.bytes(16), version=1)).upper() + "}" for _ in range(N)],
         r"like:\{[0-9A-F]{8}-[0-9A-F]{4}-1[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}\}"),
        ([uuid.UUID(bytes=RNG.bytes(16), version=4).hex for _ in range(N)],
         "like:[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}"),
        (["01HZX" + "".join(RNG.choice(list("0123456789ABCDEFGHJKMNPQRSTVWXYZ"), 21)) for _ in range(N)],
         "like:01HZX[0-9A-HJKMNP-TV-Z]{21}"),
        ([f"{RNG.choice(['HH', 'B', 'MUC'])}-{''.join(RNG.choice(list('ABCDEF'), 2))} {RNG.integers(10, 9999)}" for _ in range(N)],
         None),
        ([f"+49 {RNG.choice([171, 172])} {RNG.integers(10**6, 10**7)}" for _ in range(N)],
         "like:+49 (171|172) [1-9][0-9]{6+}"),
        ([with_check("iban", f"DE00{digits(18)}") for _ in range(N)], None),
        ([with_check("luhn", f"4{digits(15)}") for _ in range(N)], "luhn:4[0-9]{15}"),
        ([with_check("mod11", f"9{digits(9)}") for _ in range(N)], "mod11:9[0-9]{9}"),
        ([f'{{"id": {n}}}' for n in range(N)], r'like:\{"id": [1-9][0-9]{1,2+}\}'),
        ([f"山田{n}" for n in range(N)], "like:山田[1-9][0-9]{1,2+}"),
        (RNG.integers(10**6, 10**7, N), "like:[1-9][0-9]{6+}"),
        (-RNG.integers(10**3, 10**4, N), "like:-[1-9][0-9]{3+}"),
        (1_500_000_000_000_000_000 + RNG.integers(0, 10**17, N), "like:15[0-9]{17}"),
        (["only", "only"], "text:only:1"),
        (["", ""], "text::1"),
    ],
)  # fmt: skip
def test_forms_are_learned(values, pattern):
    learned = learned_pattern(pa.array(values))
    read_form(learned)
    assert pattern in {learned, None}
    if pattern is None:
        assert learned.startswith(
            ("like:(B|HH|MUC)-[A-Z]{2} [1-9]", "like:(B|HH|MUC)-[A-F]{2} [1-9]", "iban:DE[0-9]{2")
        )


@given(st.lists(st.text(max_size=12), min_size=1))
def test_there_is_a_pattern_for_any_text(values):
    read_form(learned_pattern(pa.array(values)))


def test_a_text_that_few_share_is_not_spelt_out():
    values = [f"{ward}-{n:05d}" for n, ward in enumerate(["north"] * 290 + ["south"] * 10)]
    assert "south" not in learned_pattern(pa.array(values))
