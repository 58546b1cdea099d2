"""What a fit of linked tables would do, on the command line: nothing is learned, and under epsilon nothing is spent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synthgan import ConfigError
from synthgan_cli import files
from synthgan_cli.linked_private import private_given
from synthgan_cli.settings import read_settings, with_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synthgan_cli.console import Screen

_SHOWN = 6  # columns of a table


def show_linked_plan(screen: Screen, given: Mapping[str, Any], source: str) -> None:
    """Prints what would become of each of linked tables.

    Raises:
        ConfigError: an option was given that only one table has.
        PrivacyError: as the fit would.
        SchemaError: as the fit would.
    """
    from synthgan import Database, DatabaseSynthesizer
    from synthgan.data.linked import DatabaseSchema

    private = private_given(given)
    options = {name: given[name] for name in ("seed", "minutes", "device", "keep_extremes", "generator")}
    synthesizer = with_settings(
        DatabaseSynthesizer(**options, **private), read_settings(given["settings"] or (), dict(given))
    )
    keys = None
    if given["schema"] is not None:
        files.require_readable(given["schema"])
        keys = DatabaseSchema.from_json(given["schema"].read_text(encoding="utf-8"))
    with screen.stages() as stages:
        stages.update("reading")
        if private:
            plan = synthesizer.plan(source, unit=given["unit"], keys=keys, drop=given["drop"] or ())
        elif given["drop"]:
            raise ConfigError("--drop must be for one table, however: linked tables were given; leave it out")
        else:
            known = {name: value for name, value in (("unit", given["unit"]), ("schema", keys)) if value is not None}
            plan = synthesizer.plan(Database.read(source, **known))
    rows = []
    for one in plan.tables:
        counted = f"{one.rows:,}" if one.rows is not None else "" if one.share is None else f"{one.share:.0%}"
        more = f" and {len(one.columns) - _SHOWN} more" if len(one.columns) > _SHOWN else ""
        rows.append((one.name, counted, one.becomes, ", ".join(one.columns[:_SHOWN]) + more))
    screen.table(("table", "of epsilon" if private else "rows", "what becomes of it", "columns"), rows)
    screen.flush()
    if plan.rows_per_unit is not None:
        screen.say(
            f"The unit is a row of {plan.unit} with all that belongs to it. Of a unit and table at most {plan.rows_per_unit} rows count as "
            f"steps (--max-rows-per-unit)."
        )
        screen.say("Nothing was asked of a row, so nothing was spent. Nothing was fitted (--dry-run).")
        return
    screen.say("Nothing was fitted (--dry-run).")
