"""The panels of help: which options stand together, and in which order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from typer.core import TyperCommand

if TYPE_CHECKING:
    from collections.abc import Mapping

# By the names of parameters; one of a command goes before one of all: "split.holdout". Panels are shown in this order.
# fmt: off
PANELS: Final[Mapping[str, tuple[str, ...]]] = {
    "What to do": (
        "n", "where", "history", "until", "keep", "columns", "target", "sampling_strategy", "share", "split.unit", "form", "sample.rows",
        "trials", "public", "attack", "inspect.holdout", "evaluate.holdout", "survival", "schema.public", "codebook", "described", "model",
        "port", "browser", "folder",
    ),
    "Where it goes": (
        "output", "train", "split.holdout", "study", "report", "internal", "by", "as_json", "everything", "fail", "force", "resume",
        "dry_run",
    ),
    "What the table is": (
        "query", "schema", "identifiers", "drop", "group", "order", "strict", "keep_extremes", "shift_dates", "learn_rows", "evaluate.unit",
        "tune.unit",
    ),
    "Learning and drawing": ("generator", "settings", "minutes", "no_check", "seed"),
    "Privacy": ("epsilon", "delta", "mechanism", "unit", "max_rows_per_unit", "i_know", "value_range", "audit", "refits"),
    "Images": (
        "condition", "sources", "enlarge", "from_masks", "structures", "frames", "base", "resolution", "spacing", "original_size",
        "features",
    ),
    "How files are read": ("encoding", "decimal", "na"),
    "This machine": ("device", "memory", "workers", "ray", "help"),
}
# fmt: on
_PANEL_OF: Final = {name: panel for panel, names in PANELS.items() for name in names}


class Panelled(TyperCommand):
    """A command whose help shows its options in panels, in their order."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Puts every option into its panel."""
        super().__init__(*arguments, **options)
        order = [*PANELS, None]
        given = [one for one in self.params if one.param_type_name == "argument"]
        others = [one for one in self.params if one.param_type_name != "argument"]
        for one in others:
            one.rich_help_panel = panel_of(self.name or "", one.name or "")  # type: ignore[attr-defined]
        self.params = given + sorted(others, key=lambda one: order.index(panel_of(self.name or "", one.name or "")))

    def get_help_option(self, *arguments: Any) -> Any:
        """The option that shows help, in a panel, too."""
        option = super().get_help_option(*arguments)
        if option is not None:
            option.rich_help_panel = panel_of("", "help")
        return option


def panel_of(command: str, name: str) -> str | None:
    """The panel of an option; None where nobody has put it into one, and help shows it among all others.

    Example:
        >>> panel_of("split", "holdout"), panel_of("evaluate", "holdout"), panel_of("fit", "epsilon")
        ('Where it goes', 'What to do', 'Privacy')
    """
    return _PANEL_OF.get(f"{command}.{name}") or _PANEL_OF.get(name)
