"""What happens to private images before the curator has them: delta is looked at, and the column of classes is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthgan.image.encoding import column_of_classes
from synthgan.image.queries import PixelRecords
from synthgan.privacy.curator import Curator, check_delta
from synthgan.privacy.ledger import PrivacyLedger

if TYPE_CHECKING:
    from synthgan.image.config import ImageConfig
    from synthgan.image.records import ImageRecords
    from synthgan.privacy.spent import Account


@dataclass(frozen=True)
class ImageIntake:
    """All that a private fit begins with: no image, but whoever answers questions about them.

    Attributes:
        curator: owns the images.
        shape: height, width and channels; or depth, height, width and 1.
        dtype: ``"uint8"`` or ``"uint16"``.
        condition: the column of the classes; None where there is none.
    """

    curator: Curator
    shape: tuple[int, ...]
    dtype: str
    condition: str | None


def take_in(
    records: ImageRecords, config: ImageConfig, *, delta: float, i_know: bool, account: Account | None = None
) -> ImageIntake:
    """Give images to a curator, whose ledger tells the account before it answers.

    Raises:
        PrivacyError: if delta means nothing.
        DataError: if the column of classes is lacking or neither text nor whole numbers.
    """
    check_delta(delta, len(records), "images", i_know=i_know)
    condition = next(iter(config.columns), None)
    labels = None if condition is None else column_of_classes(records, condition)
    curator = Curator(PixelRecords(records, labels), PrivacyLedger(delta, "one image", account=account))
    shape = tuple(int(side) for side in records.pixels.shape[1:])
    return ImageIntake(curator, shape, str(records.pixels.dtype), condition)
