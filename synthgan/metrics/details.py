"""Details: the figures behind the scores of a report, as a page draws them; values only."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    import numpy as np
    from numpy.typing import NDArray

    from synthgan.metrics.data.columns import Name
    from synthgan.metrics.linkeddetails import LinkedDetails
    from synthgan.metrics.statistics.intervals import Estimate


@dataclass(frozen=True, slots=True, eq=False)
class Distribution:
    """How one column's rows are spread over cells: levels, or ranges of numbers; a last cell for missing.

    Attributes:
        name: The column.
        labels: One per cell.
        edges: float64 ``[cells without the missing one + 1]`` of a column of numbers, the outermost infinite, None of levels.
        real: int64 ``[cells]``: rows of the real table.
        units: int64 ``[cells]``: people (or whatever a release must protect) among these; the rows where no unit was named.
        synthetic: int64 ``[cells]``: rows of the synthetic table.
        holdout: int64 ``[cells]`` of the holdout, or None.
        error: The column's distance, of which ``shape_error`` is the mean; NaN where it is undefined.
        holdout_units: As ``units``, among the rows of the holdout; None without one.
        outside: Share of the synthetic rows whose value lies outside the real ones; None where nobody looked.
    """

    name: Name
    labels: tuple[str, ...]
    edges: NDArray[np.float64] | None
    real: NDArray[np.int64]
    units: NDArray[np.int64]
    synthetic: NDArray[np.int64]
    holdout: NDArray[np.int64] | None
    error: float
    holdout_units: NDArray[np.int64] | None = None
    outside: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Association:
    """How strongly every two columns go together, from 0 (not at all) to 1.

    Attributes:
        names: The columns.
        real: float64 ``[columns, columns]``.
        synthetic: float64 ``[columns, columns]``.
    """

    names: tuple[Name, ...]
    real: NDArray[np.float64]
    synthetic: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Giveaway:
    """What tells synthetic rows from real ones: a column and its share of the detector's gain."""

    name: Name
    share: float


@dataclass(frozen=True, slots=True)
class Importance:
    """How much a column matters to a model of the target, trained on real and on synthetic rows: drop of the score."""

    name: Name
    real: float
    synthetic: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a model promised and what came true, over groups of rows of like promise.

    Attributes:
        trained_on: ``real`` or ``synthetic``.
        promised: Mean predicted probability of each group.
        observed: Share of each group's rows that came true.
    """

    trained_on: str
    promised: tuple[float, ...]
    observed: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Subgroup:
    """A group of people in all tables.

    Attributes:
        column: What the group is made by.
        level: Who is in it, in words.
        rows: People of the real table in it: rows, unless a unit was named.
        share_real: Its share of the real rows.
        share_synthetic: Its share of the synthetic rows.
        utility_real: On its test rows, the score of a model trained on real rows; None where it cannot be told.
        utility_synthetic: The same of a model trained on synthetic rows.
        exposed: Share of its members that the best membership attack finds at 1 % false positives; None where it cannot be told.
    """

    column: Name
    level: str
    rows: int
    share_real: float
    share_synthetic: float
    utility_real: float | None = None
    utility_synthetic: float | None = None
    exposed: Estimate | None = None


@dataclass(frozen=True, slots=True)
class Attack:
    """How one attack did.

    Attributes:
        name: Its name.
        false_positives: Rising shares, at most 200 of them: the abscissae of the curve.
        true_positives: The shares of members found at these: the ordinates.
        found: Share of members found at each of ``membership.rates.RATES`` (.1, 1 and 10 % false positives).
    """

    name: str
    false_positives: tuple[float, ...]
    true_positives: tuple[float, ...]
    found: tuple[Estimate, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ImageClass:
    """One class of images: how its synthetic images compare with real ones, and a few of them.

    Attributes:
        name: What it is called.
        real: Real images of it that were learned.
        synthetic: Synthetic ones.
        compared: Images of each set that the figures below compare; 0 where there are too few.
        figures: By name ``precision``, ``recall``, ``density``, ``coverage``, ``nearest``, ``spread``, ``kin``; empty where there are
            too few.
        floors: The same of real images in the place of the synthetic ones.
        verdict: What is wrong with it, in words; empty where nothing is.
        shown: Synthetic images, no copies of learned ones of the class, uint8 or uint16 ``[k, height, width, channels]``.
        neighbours: The learned images nearest to these, ``[k, ...]``. For whoever holds them; never to be released.
        columns: Of clips, whose frames ``shown`` and ``neighbours`` hold one after the other, how many frames each has; 0 of images.
        masks: Of images with masks, what each pixel of ``shown`` shows, uint8 ``[k, height, width]``; else None.
    """

    name: str
    real: int
    synthetic: int
    compared: int
    figures: dict[str, float]
    floors: dict[str, float]
    verdict: str
    shown: NDArray[Any]
    neighbours: NDArray[Any]
    columns: int = 0
    masks: NDArray[Any] | None = None


@dataclass(frozen=True, slots=True)
class ImageDetails:
    """What lies behind the scores of images.

    Attributes:
        real: Images that were learned.
        synthetic: Images that were made.
        holdout: Real images that nothing was fitted on; None without.
        classes: The classes, in their order.
    """

    real: int
    synthetic: int
    holdout: int | None
    classes: tuple[ImageClass, ...]


@dataclass(frozen=True, slots=True)
class Details:
    """Everything behind the scores; empty where it was not computed.

    Attributes:
        columns: The columns, in the table's order.
        association: How columns go together, or None.
        giveaways: What the detector went by, the most telling first.
        giveaway_rows: Rows of the synthetic table (counted from 0) that the detector is surest of, the surest first.
        importances: What models of the target go by.
        calibrations: How honest their probabilities are.
        subgroups: Groups of people.
        attacks: Membership attacks.
        exposed: Rows of the real table (counted from 0) that attacks are surest of, the most exposed first. For the eyes of whoever
            holds that table; never to be released.
        images: What lies behind the scores of images; None for tables.
        linked: What lies behind the scores of linked tables; None for others.
        same: True where the synthetic table holds the very rows of the real one, no more and no fewer; None elsewhere.
        overlap: Share of the holdout that was learned, too, where it is more than chance brings; None elsewhere.
        smallest_leak: Share of the members that, fully exposed, would have raised an alarm; None where nobody attacked.
    """

    columns: tuple[Distribution, ...] = ()
    association: Association | None = None
    giveaways: tuple[Giveaway, ...] = ()
    giveaway_rows: tuple[int, ...] = ()
    importances: tuple[Importance, ...] = ()
    calibrations: tuple[Calibration, ...] = ()
    subgroups: tuple[Subgroup, ...] = ()
    attacks: tuple[Attack, ...] = ()
    exposed: tuple[int, ...] = ()
    images: ImageDetails | None = None
    linked: LinkedDetails | None = None
    same: bool | None = None
    overlap: float | None = None
    smallest_leak: float | None = None

    @classmethod
    def joined(cls, parts: Sequence[Details]) -> Details:
        """Return the details of several measures as one: lists follow one another, what there is once comes from the first that has it."""
        found: dict[str, Any] = {}
        for field in fields(cls):
            values = [getattr(part, field.name) for part in parts]
            if field.default is None:
                found[field.name] = next((value for value in values if value is not None), None)
            else:
                found[field.name] = tuple(entry for value in values for entry in value)
        return cls(**found)
