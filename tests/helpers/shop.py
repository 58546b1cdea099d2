"""A made shop: customers with their bills, bills with their lines, and what holds between the three."""

from __future__ import annotations

import numpy as np
import pandas as pd

from synthgan import Database


def shop(customers: int = 80, seed: int = 0) -> Database:
    """Customers since a day and until another, perhaps; bills with a total and their last line's time; lines with prices.

    A customer has one currency in all bills; the counter of a bill's till never falls; one line in a hundred is late.
    """
    rng = np.random.default_rng(seed)
    since = pd.to_datetime("2015-01-01") + pd.to_timedelta(rng.integers(0, 1_000, customers), "D")
    until = since + pd.to_timedelta(rng.integers(400, 900, customers), "D")
    people = pd.DataFrame({"customer_id": np.arange(1, customers + 1), "since": since, "until": until})
    people["until"] = people["until"].where(rng.random(customers) < 0.8)
    at = np.repeat(np.arange(customers), rng.integers(0, 5, customers))
    start = since[at] + pd.to_timedelta(rng.integers(0, 390 * 24 * 60, len(at)), "min")
    bills = pd.DataFrame({"customer_id": at + 1, "opened": start}).sort_values(["customer_id", "opened"])
    bills["currency"] = np.array(["EUR", "USD", "CHF"])[bills["customer_id"] % 3]
    bills["meter"] = bills.groupby("customer_id").cumcount() * 10 + rng.integers(1, 9, len(bills))
    bills.insert(0, "bill_id", np.arange(1, len(bills) + 1) + 5_000)
    of = np.repeat(np.arange(len(bills)), rng.integers(1, 5, len(bills)))
    lines = pd.DataFrame({"bill_id": bills["bill_id"].to_numpy()[of], "line_id": np.arange(len(of)) + 90_000})
    lines["price"] = rng.integers(100, 2_000, len(of)) / 100
    lines["pieces"] = rng.integers(1, 4, len(of))
    away = pd.to_timedelta(rng.integers(1, 600, len(of)), "min")
    lines["packed"] = bills["opened"].to_numpy()[of] + away
    summed = (lines["price"] * lines["pieces"]).groupby(of).sum().round(2)
    bills["total"], bills["closed"] = summed.to_numpy(), lines["packed"].groupby(of).max().to_numpy()
    late = rng.permutation(len(lines))[:2]
    lines.loc[late, "packed"] = bills["opened"].to_numpy()[of[late]] - pd.Timedelta("1D")
    people["bills"] = bills.groupby("customer_id").size().reindex(people["customer_id"], fill_value=0).to_numpy()
    return Database(
        {"customers": people, "bills": bills.reset_index(drop=True), "lines": lines},
        primary_keys={"customers": "customer_id", "bills": "bill_id", "lines": "line_id"},
        foreign_keys={"bills": {"customer_id": "customers"}, "lines": {"bill_id": "bills"}},
        order={"bills": "opened", "lines": "packed"},
        unit="customers",
    )
