"""What a file of an image model must hold: its parts, checked against each other before anything is made of them."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from synthgan.config import from_parameters
from synthgan.image.config import ImageConfig
from synthgan.image.limits import MAX_PIXELS
from synthgan.image.masks import MAX_STRUCTURES
from synthgan.image.networks import ImageGenerator, first_weights
from synthgan.image.prior import PRIOR, Given, Prior
from synthgan.io.contract import Anything, Array, Flag, Maybe, Number, Record, Text, Tupled, check, require

if TYPE_CHECKING:
    from synthgan.image.encoding import ImageEncoding
    from synthgan.image.masks import Structures

# What a private fit has in its configuration beside the parameters of images.
_PRIVACY = Record(
    {
        "epsilon": Maybe(Number(low=0), optional=True),
        "delta": Number(low=0, high=1, optional=True),
        "mechanism": Text(optional=True),
        "i_know": Flag(optional=True),
        "value_range": Maybe(Tupled((Number(), Number())), optional=True),
    }
)
_MOST_DIMENSIONS = 4  # of one image


def check_parts(manifest: dict[str, Any], tensors: dict[str, np.ndarray]) -> None:
    """See that every tensor is part of the networks, of rows or, in a checkpoint, of the training.

    Raises:
        MisfitError: if one is not.
    """
    starts = ["generator/", *(["rows/"] if manifest["images"].get("rows") else [])]
    starts += ["enlargers/"] if "enlarging" in manifest else []
    if "checkpoint" in manifest:
        starts += ["state/", "monitor/"]
    require(all(name.startswith(tuple(starts)) for name in tensors), "every tensor", "a part of the model")


def check_encoding(encoding: ImageEncoding) -> None:
    """See that parts that come from a file fit each other.

    Raises:
        MisfitError: if they do not.
    """
    require(len(encoding.shape) <= _MOST_DIMENSIONS, "depth", "none where there are frames")
    sides = len(encoding.shape) - 1 - encoding.clips
    require(
        encoding.low < encoding.high <= np.iinfo(encoding.dtype).max,
        "low and high",
        f"values of {encoding.dtype}, in order",
    )
    require(encoding.counts.sum() > 0, "counts", "of one image or more")
    require(encoding.condition is not None or len(encoding.levels) == 1, "levels", "one where there is no condition")
    if encoding.physical is not None and encoding.physical.spacing is not None:
        require(len(encoding.physical.spacing) == sides, "spacing", "a number for each side")
    if encoding.size is not None:
        require({len(encoding.size.original), len(encoding.size.scaled)} == {sides}, "size", "of as many sides")
        require(math.prod(encoding.size.original) <= MAX_PIXELS, "size", f"of at most {MAX_PIXELS:,} pixels")
    if encoding.structures is not None:
        check_structures(encoding.structures)
    if encoding.sources is not None and encoding.sources.structures is not None:
        check_structures(encoding.sources.structures)
    for words in encoding.words:
        require(
            all(0 <= term < words.width for terms in words.sets for term in terms), "sets", "of terms of the vocabulary"
        )
        sizes = {len(words.sets), *map(len, words.counts)}
        require(len(sizes) == 1 and len(words.counts) == len(encoding.levels), "counts", "of each class and set")
        require(sum(map(sum, words.counts)) > 0, "counts", "of one image or more")
    if encoding.sources is not None:
        require(encoding.sources.low < encoding.sources.high, "low and high of sources", "in order")
        require(
            len(encoding.sources.shape) == len(encoding.shape), "shape of sources", "of as many sides as images have"
        )
    if encoding.rows is not None:
        known = encoding.rows.model and encoding.rows.model.transform.codecs[0].known
        require(encoding.rows.schema.names[0] == encoding.condition, "condition", "the first column of rows")
        require(set(map(str, known or ())) <= set(map(str, encoding.levels)), "levels", "those of the rows")


def check_structures(structures: Structures) -> None:
    """See that structures that come from a file can be those of masks.

    Raises:
        MisfitError: if they cannot.
    """
    require(0 < len(structures) <= MAX_STRUCTURES, "structures", f"1 to {MAX_STRUCTURES}")
    typed = np.array(structures.values, dtype=structures.dtype).astype(np.int64)
    require(
        0 not in structures.values and typed.tolist() == [*structures.values], "values", f"those of {structures.dtype}"
    )


def config_of(given: dict[str, Any], encoding: ImageEncoding) -> ImageConfig:
    """The hyper-parameters of a file, checked, and against what was learned.

    Raises:
        SynthganError: if one cannot be used.
        MisfitError: if they are those of another model.
    """
    config = from_parameters(ImageConfig, given)
    own = {part.name for part in fields(config)}
    check({name: value for name, value in given.items() if name not in own}, _PRIVACY, "config")
    columns = () if encoding.condition is None else (encoding.condition,)
    learned = tuple(encoding.rows.dtypes) if encoding.rows is not None else columns
    learned += tuple(one.column for one in encoding.words)
    same = sorted(config.columns) == sorted(learned) and config.columns[:1] == learned[:1]
    require(same, "condition", "of the columns that were learned")
    return config


def generator_from(arrays: dict[str, np.ndarray], encoding: ImageEncoding, config: ImageConfig) -> ImageGenerator:
    """The generator that a file holds; nothing is made larger than its weights in the file are.

    Raises:
        MisfitError: if they do not fit each other, the images or the configuration.
    """
    prior: Prior | Given = Given(encoding.drawn)
    if encoding.sources is None:
        values, classes = math.prod(encoding.small), encoding.mixtures
        sizes = check(arrays, Record(PRIOR, others=Anything()), "generator", values=values, classes=classes)
        require(sizes["all"] == sizes["components"] + sizes["tail"], "prior.basis", "of all components")
        prior = Prior(
            encoding.shape,
            classes,
            sizes["parts"],
            sizes["components"],
            sizes["tail"],
            encoding.masked,
            clips=encoding.clips,
        )
    first = first_weights(prior, encoding.attribute_width, config)
    check(arrays, Record(first, others=Anything()), "generator")
    generator = ImageGenerator(prior, encoding.attribute_width, config)
    shapes = {name: tuple(weight.shape) or (1,) for name, weight in generator.state_dict().items()}
    check(arrays, Record({name: Array("f4", shape) for name, shape in shapes.items()}), "generator")
    generator.load_state_dict({name: torch.as_tensor(array) for name, array in arrays.items()})
    return generator
