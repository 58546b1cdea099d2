"""How scores are shown: in groups, the few that matter first; page, console and notebook go by it alike."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from synthgan.metrics.details import Distribution

T = TypeVar("T")

LEAKAGE, RULES, LIKENESS, USE = "leakage", "rules", "likeness", "use"
GROUPS: Final = (LEAKAGE, RULES, LIKENESS, USE)
"""In the order in which they are read."""

HEADLINES: Final[dict[str, tuple[str, ...]]] = {
    LEAKAGE: (
        *("exact_copies", "near_copies", "histories_copied", "real_identifiers", "nearer_to_train"),
        *("membership_tpr_at_1pct_fpr", "epsilon_lower_bound", "file_calibrated_tpr_at_1pct_fpr"),
    ),
    RULES: ("rules_broken", "formulas_broken", "foreign_key_violations", "rows_outside_stay"),
    LIKENESS: (
        *("shape_error", "pair_tvd", "c2st_train", "c2st_holdout", "c2st_units", "c2st_trajectory", "cardinality"),
        *("precision", "coverage", "classes_collapsed"),
    ),
    USE: ("utility_real", "utility_synthetic"),
}
"""The scores that are shown where there is room for few."""

_STARTS: Final = (
    (
        LEAKAGE,
        (
            "exact_",
            "near_copies",
            "histories_copied",
            "real_identifiers",
            "nearer_",
            "membership_",
            "density_",
            "epsilon_",
        ),
    ),
    (LEAKAGE, ("outliers_", "worst_subgroup_", "singling_", "linkability_", "attribute_", "file_", "shadow_")),
    (
        RULES,
        (
            "rules_",
            "formulas_",
            "foreign_",
            "primary_",
            "orphans",
            "rows_outside_",
            "orders_",
            "constants_",
            "monotone_",
        ),
    ),
    (
        USE,
        ("utility_", "accuracy_", "balanced_", "importance_", "calibration_", "subgroup_", "hazard_", "augmentation_"),
    ),
)
MAX_WORST: Final = 3


def group_of(name: str) -> str:
    """Return the group that a score of that name is shown in.

    Example:
        >>> group_of("membership_p_value"), group_of("density"), group_of("utility_real")
        ('leakage', 'likeness', 'use')
    """
    return next((group for group, starts in _STARTS if name.startswith(starts)), LIKENESS)


def grouped(scores: Iterable[T], name_of: Callable[[T], str], *, all_of_them: bool = True) -> list[tuple[str, list[T]]]:
    """Return the scores by group, in the groups' order; groups without a score are left out.

    Args:
        scores: In reading order.
        name_of: Gives the name of one.
        all_of_them: Take all; else those of HEADLINES, in their order.
    """
    known = {name_of(score): score for score in scores}
    if all_of_them:
        found = [(group, [score for name, score in known.items() if group_of(name) == group]) for group in GROUPS]
    else:
        found = [(group, [known[name] for name in HEADLINES[group] if name in known]) for group in GROUPS]
    return [(group, there) for group, there in found if there]


def worst_columns(columns: Sequence[Distribution]) -> list[Distribution]:
    """Return the columns that are furthest from the real ones, the furthest first."""
    known = [one for one in columns if math.isfinite(one.error) and one.error > 0]
    return sorted(known, key=lambda one: -one.error)[:MAX_WORST]
