"""What people have goes through fit, sample and evaluate without an option, and comes back in its own form."""

from __future__ import annotations

import re

import numpy as np
import openpyxl
import pandas as pd
import pyreadstat
import pytest

from synthgan.metrics import registry

ROWS = 300
CITIES = ["München", "Köln", "Düsseldorf", "Nürnberg"]


def german(number: float, digits: int = 2) -> str:
    return f"{number:,.{digits}f}".translate(str.maketrans(",.", ".,"))


@pytest.fixture
def patients():
    rng = np.random.default_rng(0)
    came = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, ROWS), unit="D")
    return pd.DataFrame(
        {
            "number": np.arange(1, ROWS + 1),
            "sex": rng.choice(["männlich", "weiblich"], ROWS),
            "town": rng.choice(CITIES, ROWS),
            "born": pd.Timestamp("1940-01-01") + pd.to_timedelta(rng.integers(0, 25_000, ROWS), unit="D"),
            "came": came,
            "left": came + pd.to_timedelta(rng.integers(0, 20, ROWS), unit="D"),
            "cost": np.exp(rng.normal(7, 1, ROWS)).round(2),
            "weight": rng.normal(80, 14, ROWS).round(1),
        }
    )


@pytest.fixture
def three(run, folder, monkeypatch):
    """Runs the three commands on a file, and gives the path of the synthetic one; measures that take long have their own tests."""
    few = tuple(one for one in registry.MEASURES if one.stage in {"fidelity", "copies", "members", "risks", "columns"})
    monkeypatch.setattr(registry, "MEASURES", few)

    def commands(name):
        stem, _, ending = name.partition(".")
        made = f"{stem}.synthetic.{ending}"
        for words in (
            ("fit", name, "--generator", "chains", "--set", "chains=2"),
            ("sample", f"{stem}.synthgan", "-n", ROWS, "-o", made),
            ("evaluate", name, made, "--all"),
        ):
            done = run(*words)
            assert done.code == 0, done.err
        scores = {line.split()[0]: line.split()[1] for line in done.out.splitlines() if len(line.split()) > 1}
        assert float(scores["real_identifiers"]) == 0
        assert float(scores["outside_support"]) < 0.04
        return folder / made

    return commands


def test_an_excel_export_with_decimal_commas_and_german_dates(three, folder, patients):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Aufnahmen"
    sheet.append(
        ["Nummer", "Geschlecht", "Ort", "Geburt", "Aufnahme", "Entlassung", "Kosten", "Gewicht", "Netto", "Anteil"]
    )
    formats = {1: "00000", 5: "DD.MM.YYYY", 9: '#,##0.00\\ "€"', 10: "0.0%"}
    for row in patients.itertuples():
        texts = [row.born.strftime("%d.%m.%Y"), row.came.to_pydatetime(), row.left.strftime("%d.%m.%Y")]
        costs = [german(row.cost) + " €", "-" if row.Index % 20 == 3 else german(row.weight, 1)]
        sheet.append(
            [row.number, row.sex, row.town, *texts, *costs, round(row.cost / 1.19, 2), row.Index % 1000 / 1000]
        )
        for at, number_format in formats.items():
            sheet.cell(sheet.max_row, at).number_format = number_format
    book.save(folder / "aufnahmen.xlsx")
    made = openpyxl.load_workbook(three("aufnahmen.xlsx"))
    assert made.sheetnames == ["Aufnahmen"]
    rows = list(made.active.iter_rows(min_row=2))
    assert len(rows) == ROWS
    assert [cell.value for cell in made.active[1]] == [cell.value for cell in sheet[1]]
    for row in rows:
        assert [cell.number_format for cell in row] == [formats.get(at, "General") for at in range(1, 11)]
        assert re.fullmatch(r"\d\d\.\d\d\.\d{4}", row[3].value)
        assert re.fullmatch(r"\d\d\.\d\d\.\d{4}", row[5].value)
        assert re.fullmatch(r"\d{1,3}(\.\d{3})*,\d\d €", row[6].value)
        assert re.fullmatch(r"\d+,\d|-", row[7].value)
        assert row[4].value <= pd.to_datetime(row[5].value, dayfirst=True)
    assert any(row[7].value == "-" for row in rows)
    assert not {row[0].value for row in rows} & set(patients["number"])


def test_a_cp1252_file_with_semicolons_decimal_commas_and_german_dates(three, folder, patients):
    lines = ["Fallnummer;Geschlecht;Ort;Geburt;Aufnahme;Entlassung;Kosten;Größe"]
    for row in patients.itertuples():
        dates = [f"{day:%d.%m.%Y}" for day in (row.born, row.came, row.left)]
        weight = "" if row.Index % 20 == 3 else german(row.weight, 1)
        lines.append(";".join([str(100_000 + row.number), row.sex, row.town, *dates, german(row.cost), weight]))
    (folder / "faelle.csv").write_bytes("\r\n".join([*lines, ""]).encode("cp1252"))
    text = three("faelle.csv").read_bytes().decode("cp1252")
    made = pd.read_csv(pd.io.common.StringIO(text), sep=";", dtype=str, keep_default_na=False)
    assert list(made) == lines[0].split(";")
    assert set(made["Ort"]) == set(CITIES)
    for name in ("Geburt", "Aufnahme", "Entlassung"):
        assert made[name].str.fullmatch(r"\d\d\.\d\d\.\d{4}").all()
    assert made["Kosten"].str.fullmatch(r"\d{1,3}(\.\d{3})*,\d\d").all()
    assert made["Größe"].str.fullmatch(r"\d+,\d|").all()
    assert 0 < (made["Größe"] == "").mean() < 0.12
    days = [pd.to_datetime(made[name], format="%d.%m.%Y") for name in ("Aufnahme", "Entlassung")]
    assert (days[0] <= days[1]).all()
    assert not made["Fallnummer"].astype(int).between(100_001, 100_000 + ROWS).any()


def test_an_spss_file_with_labels_and_codes_of_missing(three, folder, patients):
    rng = np.random.default_rng(1)
    satisfied = rng.choice([1.0, 2, 3, 4, -9, -8], ROWS, p=[0.2, 0.3, 0.2, 0.15, 0.1, 0.05])
    frame = pd.DataFrame(
        {
            "id": patients["number"].astype(float),
            "sex": rng.choice([1.0, 2.0], ROWS),
            "satis": satisfied,
            "income": np.where(rng.random(ROWS) < 0.1, 99_999, rng.normal(3_000, 700, ROWS).round()),
            "town": patients["town"],
            "came": patients["came"].dt.date,
        }
    )
    pyreadstat.write_sav(
        frame,
        str(folder / "umfrage.sav"),
        file_label="Umfrage",
        column_labels={"id": "Nummer", "sex": "Geschlecht", "satis": "Zufriedenheit", "income": "Einkommen"},
        variable_value_labels={
            "sex": {1: "männlich", 2: "weiblich"},
            "satis": {1: "sehr gut", 2: "gut", 3: "mittel", 4: "schlecht", -9: "keine Angabe", -8: "weiß nicht"},
        },
        missing_ranges={"satis": [-9, -8], "income": [99_999]},
        variable_format={"id": "F5.0", "sex": "F1.0", "income": "F8.0"},
        variable_measure={"sex": "nominal", "satis": "ordinal", "income": "scale"},
    )
    path = three("umfrage.sav")
    made, said = pyreadstat.read_sav(str(path), user_missing=True)
    _, known = pyreadstat.read_sav(str(folder / "umfrage.sav"), user_missing=True)
    for about in (
        "column_names_to_labels",
        "variable_value_labels",
        "missing_ranges",
        "variable_measure",
        "original_variable_types",
        "file_label",
    ):
        assert getattr(said, about) == getattr(known, about)
    assert set(made["satis"]) == set(satisfied)
    assert 0.03 < (made["income"] == 99_999).mean() < 0.2
    assert not set(made["id"]) & set(frame["id"])
