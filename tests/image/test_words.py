"""What text says of images: words that enough share, drawn and asked for; and no other text is kept."""

import json

import numpy as np
import pandas as pd
import pytest

from synthgan import DataError, ImageRecords, ImageSynthesizer, PrivacyError
from synthgan.image.words import Words, is_of_sentences, split_words, terms_of

TINY = {"steps": 3, "width": 4, "noise_width": 8, "batch_images": 8, "seed": 3, "device": "cpu"}
SAID = ("bright field, many small nuclei", "stained, a few large nuclei")


def images(n=160):
    rng = np.random.default_rng(0)
    texts = [SAID[index % 2] for index in range(n)]
    texts[0] += " of Mr. Smith"
    pixels = (rng.integers(0, 60, (n, 8, 8)) + 150 * (np.arange(n) % 2)[:, None, None]).astype(np.uint8)
    return ImageRecords(pixels, {"label": np.repeat(["a", "b"], n // 2), "report": np.array(texts)})


@pytest.fixture(scope="module")
def fitted():
    return ImageSynthesizer(**TINY, condition=["label", "report"]).fit(images())


def words_of(texts, classes=None, few=2):
    classes = np.zeros(len(texts), np.int64) if classes is None else classes
    return Words.fit("report", texts, classes, int(classes.max()) + 1, few)


def test_a_column_of_names_is_none_of_sentences():
    assert is_of_sentences(np.array(SAID))
    assert not is_of_sentences(np.array(["ill", "well"]))
    assert not is_of_sentences(np.array(["New York", "many small nuclei of the field", "Rome"]))
    assert not is_of_sentences(np.arange(3))


def test_dates_are_none_of_sentences():
    assert not is_of_sentences(np.array(["2020-01-07T00:00:00.000", "7 Jan 2020 10:15"], dtype=object))
    assert is_of_sentences(np.array(["on 7 Jan 2020 no effusion seen"]))


def test_terms_are_words_and_their_pairs():
    assert terms_of("A few, a FEW.") == {"a": 0, "few": 1, "a few": 0, "few a": 1}
    assert terms_of(None) == {}


def test_only_what_enough_share_and_others_lack_is_kept():
    words = words_of([*SAID * 3, "bright field of Mr. Smith"])
    assert {"bright", "small", "bright field"} <= set(words.vocabulary)
    assert not {"smith", "mr"} & set(words.vocabulary)
    assert words.vocabulary.index("bright") < words.vocabulary.index("small")
    with pytest.raises(DataError, match="words that 2 images share and 2 others lack"):
        words_of(["the same words here"] * 9)


def test_numbers_of_a_text_tell_its_words_and_have_length_one():
    words = words_of([*SAID] * 3)
    coded = words.encode([SAID[0], "small nuclei", "nothing known"])
    assert coded.shape == (3, words.width)
    np.testing.assert_allclose(np.linalg.norm(coded, axis=1), [1, 1, 0], rtol=1e-6)
    assert coded[1, words.vocabulary.index("small")] > 0


def test_texts_come_with_their_class_and_as_asked():
    classes = np.array([0, 0, 0, 1, 1, 1, 1, 1])
    words = words_of([SAID[0]] * 3 + [SAID[1]] * 5, classes)
    rng = np.random.default_rng(0)
    drawn = words.draw(np.array([0, 1]), None, rng)
    assert "small" in drawn[0]
    assert "stained" in drawn[1]
    assert words.classes_of("many small nuclei").tolist() == [3, 0]
    with pytest.raises(DataError, match="must ask for words that were learned, however: 'purple' has none of them"):
        words.classes_of("purple")


def test_where_no_two_texts_are_alike_the_words_of_most_stand_for_all():
    rng = np.random.default_rng(0)
    texts = [
        " ".join(["cells", *rng.permutation(["one", "two", "three", "four", "five"])[:4], str(i)]) for i in range(20)
    ]
    words = words_of(texts, few=4)
    assert len(words.sets) == 1


@pytest.mark.parametrize(
    ("where", "rest", "asked"),
    [
        ('report~"many small"', None, "many small"),
        (["label=a", "report ~ many"], ["label=a"], "many"),
        ({"label": "a", "report": "many"}, {"label": "a"}, "many"),
        ({"report": {"~": "many"}}, None, "many"),
    ],
)
def test_texts_are_asked_for_in_words(where, rest, asked):
    assert split_words(where, [words_of([*SAID] * 3)]) == (rest, {"report": asked})


@pytest.mark.parametrize("where", ["report=many", {"report": 3}, "report>2"])
def test_texts_are_asked_for_in_no_other_way(where):
    with pytest.raises(DataError, match="must be asked for words"):
        split_words(where, [words_of([*SAID] * 3)])


def test_images_are_drawn_of_the_words_that_were_asked_for(fitted):
    drawn = fitted.sample(40, where=['report~"many small nuclei"', "label=a"])
    assert {"bright", "field", "many", "small"} <= set(drawn.columns["report"][0].split())
    assert set(drawn.columns["label"]) == {"a"}
    assert drawn.pixels.mean() < fitted.sample(40, where='report~"a few large"').pixels.mean()


def test_no_text_that_one_image_has_is_in_the_file(fitted, tmp_path):
    fitted.save(tmp_path / "m.synthgan")
    assert b"smith" not in (tmp_path / "m.synthgan").read_bytes().lower()
    again = ImageSynthesizer.load(tmp_path / "m.synthgan")
    assert again.sample(9).columns["report"].tolist() == fitted.sample(9).columns["report"].tolist()
    assert "words of 'report'" in again.model_.encoding.describe()
    json.dumps(again.manifest())


def test_texts_of_a_table_get_an_image_each(fitted):
    rows = pd.DataFrame({"label": ["a", "b"], "report": ["many small nuclei", "something new"]})
    assert fitted.sample(rows=rows).columns["report"].tolist() == rows["report"].tolist()
    with pytest.raises(DataError, match="'report' is none of 'label'"):
        fitted.sample(rows=rows[["label"]])


def test_text_is_refused_under_epsilon():
    with pytest.raises(PrivacyError, match="condition must be one column under epsilon"):
        ImageSynthesizer(epsilon=8.0, condition=["label", "report"]).fit(images())
