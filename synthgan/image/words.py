"""What a column of text says of images: words and pairs of words that enough of them share, as numbers that networks learn from.

A bag of words and bigrams with a learned vector for each, as in Joulin et al., "Bag of tricks for efficient text classification",
2017, section 2: the vectors are the first layers of both networks. Only the vocabulary is kept, and which of its words go together
in enough images; no text is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from synthgan.data.clauses import rows_of_conditions
from synthgan.errors import DataError
from synthgan.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from synthgan.data.clauses import Where

MAX_TERMS, MAX_SETS = 256, 64
MIN_GROUP = 40  # images of a class and a set, by which their look is known before any network learns
MIN_WORDS = 3  # of half of the texts, by which a column is one of sentences and not of names
SAYS = "~"
_SIGNS = (SAYS, "=", "!", "<", ">")
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_MAX_LETTERS = 40  # of a word


def is_of_sentences(column: NDArray[Any]) -> bool:
    """Whether a column holds sentences: half of what is there has ``MIN_WORDS`` words or more, where numbers count for none.

    Example:
        >>> is_of_sentences(np.array(["many small nuclei", "a few large nuclei"])), is_of_sentences(np.array(["ill", "well"]))
        (True, False)
    """
    if column.dtype.kind not in "UO":
        return False
    texts = [value for value in column.tolist() if isinstance(value, str)]
    words = (sum(not any(map(str.isdigit, word)) for word in _WORD.findall(text)) for text in texts)
    return 2 * sum(count >= MIN_WORDS for count in words) >= max(1, len(texts))


def terms_of(text: object) -> dict[str, int]:
    """The words of a text and the pairs of words that stand side by side, each with its place; none of what is no text.

    Example:
        >>> terms_of("Many small nuclei.")
        {'many': 0, 'small': 1, 'nuclei': 2, 'many small': 0, 'small nuclei': 1}
    """
    words = [word.casefold()[:_MAX_LETTERS] for word in _WORD.findall(text)] if isinstance(text, str) else []
    pairs = [" ".join(pair) for pair in pairwise(words)]
    return {term: listed.index(term) for listed in (words, pairs) for term in listed}


@dataclass(frozen=True)
class Words:
    """What is kept of a column of text.

    Attributes:
        column: its name.
        vocabulary: words and pairs of words that at least ``rare_below`` images have, in the order in which they stand in texts.
        sets: which terms go together, as places in the vocabulary, where at least ``rare_below`` images have just these.
        counts: images of each class that are nearest to each set, ``[classes][sets]``.
    """

    column: str
    vocabulary: tuple[str, ...]
    sets: tuple[tuple[int, ...], ...]
    counts: tuple[tuple[int, ...], ...]

    @classmethod
    def fit(cls, column: str, texts: Sequence[object], classes: NDArray[np.int64], count: int, few: int) -> Self:
        """Find what enough images share.

        Args:
            column: its name.
            texts: of each image.
            classes: int64 ``[n]``, below ``count``.
            count: how many classes there are.
            few: images that must share what is kept.

        Raises:
            DataError: if nothing tells some images from others.
        """
        found = [terms_of(text) for text in texts]
        held, places = Counter(term for terms in found for term in terms), Counter[str]()
        for terms in found:
            places.update(terms)
        telling = [term for term, images in held.items() if few <= images <= len(found) - few]
        kept = sorted(telling, key=lambda term: (-held[term], term))[:MAX_TERMS]
        if not kept:
            raise DataError(
                f"column {column!r} must have words that {few} images share and {few} others lack, however: it has none; "
                f"leave it out of the condition"
            )
        vocabulary = tuple(sorted(kept, key=lambda term: (places[term] / held[term], term)))
        said = _bags(found, vocabulary)
        sets = _common_sets(said, classes, count, few)
        nearest = _nearest(said, sets)
        counts = np.zeros((count, len(sets)), np.int64)
        np.add.at(counts, (classes, nearest), 1)
        listed = tuple(tuple(map(int, np.flatnonzero(terms))) for terms in sets)
        return cls(column, vocabulary, listed, tuple(tuple(map(int, row)) for row in counts))

    @property
    def width(self) -> int:
        """How many numbers a text has for networks."""
        return len(self.vocabulary)

    def encode(self, texts: Iterable[object]) -> NDArray[np.float32]:
        """Texts as networks get them, float32 ``[n, width]``: rows of length 1, of 0 where no word is known."""
        said = _bags([terms_of(text) for text in texts], self.vocabulary).astype(np.float32)
        return said / np.sqrt(said.sum(1, keepdims=True)).clip(1)

    def nearest(self, texts: Iterable[object]) -> NDArray[np.int64]:
        """The set that each text is nearest to, int64 ``[n]``."""
        sets = np.zeros((len(self.sets), self.width), dtype=bool)
        for place, terms in enumerate(self.sets):
            sets[place, list(terms)] = True
        return _nearest(_bags([terms_of(text) for text in texts], self.vocabulary), sets)

    @property
    def groups(self) -> tuple[tuple[int, int], ...]:
        """Classes and sets of ``MIN_GROUP`` images or more, where there are several sets."""
        if len(self.sets) == 1:
            return ()
        return tuple(
            (one, place) for one, row in enumerate(self.counts) for place, held in enumerate(row) if held >= MIN_GROUP
        )

    def draw(self, classes: NDArray[np.int64], asked: str | None, rng: np.random.Generator) -> NDArray[Any]:
        """A text for each image of a class, of words that go together; ``asked`` allows those nearest to it alone."""
        counts = np.array(self.counts, np.float64)
        allowed = counts if asked is None else counts * self._near(asked)
        result = np.empty(len(classes), dtype=object)
        for one in np.unique(classes):
            own = classes == one
            shares = allowed[one] if allowed[one].sum() else allowed.sum(0)
            result[own] = [self._text(place) for place in rng.choice(len(shares), own.sum(), p=shares / shares.sum())]
        return result.astype(str)

    def classes_of(self, asked: str) -> NDArray[np.float64]:
        """How many images of each class have texts that are nearest to what is asked, ``[classes]``.

        Raises:
            DataError: if none of its words is known.
        """
        return (np.array(self.counts, np.float64) * self._near(asked)).sum(1)

    def _near(self, asked: str) -> NDArray[np.bool_]:
        """Which sets have the most of the terms that are asked for."""
        wanted = {place for place, term in enumerate(self.vocabulary) if term in terms_of(asked)}
        if not wanted:
            words = [term for term in terms_of(asked) if " " not in term]
            raise DataError(
                f"{self.column}{SAYS} must ask for words that were learned, however: {asked!r} has none of them",
                remedy=did_you_mean(words[0] if words else asked, self.vocabulary),
            )
        shared = np.array([len(wanted.intersection(terms)) for terms in self.sets])
        return shared == shared.max()

    def _text(self, place: int) -> str:
        """The words of a set, in the order in which they stand in texts."""
        return " ".join(self.vocabulary[term] for term in self.sets[place] if " " not in self.vocabulary[term])

    def as_json(self) -> dict[str, Any]:
        """All of it, as a manifest holds it."""
        listed = {name: [[*row] for row in getattr(self, name)] for name in ("sets", "counts")}
        return {"column": self.column, "vocabulary": [*self.vocabulary], **listed}

    @classmethod
    def from_json(cls, state: dict[str, Any]) -> Self:
        """What ``as_json`` wrote."""
        sets, counts = (tuple(map(tuple, state[name])) for name in ("sets", "counts"))
        return cls(state["column"], tuple(state["vocabulary"]), sets, counts)


def split_words(where: Where | None, words: Sequence[Words]) -> tuple[Where | None, dict[str, str]]:
    """Conditions without those on columns of text, and what these ask for, by column.

    Raises:
        DataError: if one asks a column of text for anything but words.
    """
    names = [one.column for one in words]
    if where is None or not names or rows_of_conditions(where) is not None:
        return where, {}
    given: Any = where
    asked: dict[str, str] = {}
    if isinstance(given, Mapping):
        for name in set(names) & set(map(str, given)):
            value = given[name]
            value = value.get(SAYS) if isinstance(value, Mapping) else value
            if not isinstance(value, str):
                raise _no_words(name, given[name])
            asked[name] = value
        return {name: value for name, value in given.items() if name not in asked} or None, asked
    rest = []
    for text in [given] if isinstance(given, str) else given:
        start = str(text).lstrip()
        own = [name for name in names if start.startswith(name) and start[len(name) :].lstrip()[:1] in _SIGNS]
        if not own:
            rest.append(text)
            continue
        name = max(own, key=len)
        sign, said = start[len(name) :].lstrip()[:1], start[len(name) :].lstrip()[1:].strip()
        if sign != SAYS:
            raise _no_words(name, text)
        asked[name] = said[1:-1] if len(said) > 1 and said[0] == said[-1] and said[0] in "\"'" else said
    return rest or None, asked


def _no_words(name: str, found: object) -> DataError:
    return DataError(f'column {name!r} of text must be asked for words, like {name}~"many small", however: {found!r}')


def _bags(found: Sequence[Mapping[str, int]], vocabulary: Sequence[str]) -> NDArray[np.bool_]:
    """Which terms of the vocabulary each text has, ``[n, terms]``."""
    return np.array([[term in terms for term in vocabulary] for terms in found], dtype=bool).reshape(
        len(found), len(vocabulary)
    )


def _nearest(said: NDArray[np.bool_], sets: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The set that differs least from each bag, ``[n]``."""
    apart = said.astype(np.float32) @ (1 - 2 * sets.T.astype(np.float32)) + sets.sum(1)
    return apart.argmin(1)


def _common_sets(said: NDArray[np.bool_], classes: NDArray[np.int64], count: int, few: int) -> NDArray[np.bool_]:
    """Sets of terms that at least ``few`` images have, the commonest first; else what most images of each class have."""
    sets, images = np.unique(said, axis=0, return_counts=True)
    order = np.argsort(-images, kind="stable")
    common = sets[order][images[order] >= few][:MAX_SETS]
    if len(common):
        return common
    typical = [said[classes == one].mean(0) > 0.5 for one in range(count) if (classes == one).sum() >= few]  # noqa: PLR2004
    return np.unique(np.array(typical), axis=0)
