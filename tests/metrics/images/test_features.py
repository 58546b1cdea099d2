"""Features: two small networks that learn the images, or a TorchScript model; the same seed gives the same points."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from synthgan.errors import DataError
from synthgan.metrics.images.features import GivenFeatures, OwnFeatures
from synthgan.metrics.images.sets import Images, ImageSets
from synthgan.runtime import Streams


class _Means(torch.nn.Module):
    def forward(self, images):
        return torch.cat([images.mean(dim=(2, 3)), images.amax(dim=(2, 3))], 1)


class _Picture(torch.nn.Module):
    def forward(self, images):
        return images


def _script(module, path):
    torch.jit.save(torch.jit.trace(module, torch.rand(2, 3, 8, 8)), path)
    return path


def test_own_features_repeat_with_the_seed_tell_classes_apart_and_are_standardised(thirds):
    sets = ImageSets.of(*thirds)
    one, again = (OwnFeatures(sets, sets.real, Streams(0))(sets.synthetic) for _ in range(2))
    np.testing.assert_array_equal(one, again)
    assert not np.allclose(one, OwnFeatures(sets, sets.real, Streams(1))(sets.synthetic))
    assert one.shape[1] > 32  # both networks
    assert one.std() == pytest.approx(1, abs=0.2)
    from sklearn.neighbors import KNeighborsClassifier

    half = len(one) // 2
    model = KNeighborsClassifier(1).fit(one[:half], sets.synthetic.classes[:half])
    assert model.score(one[half:], sets.synthetic.classes[half:]) > 0.85


def test_of_one_class_there_is_no_classifier_and_dead_units_are_dropped():
    rng = np.random.default_rng(0)
    pixels = np.zeros((60, 5, 9, 1), dtype=np.uint16)
    pixels[:, :, :4] = rng.integers(0, 4000, (60, 5, 4, 1))
    sets = ImageSets(Images(pixels, np.zeros(60, int)), Images(pixels, np.zeros(60, int)), None, ("all",))
    found = OwnFeatures(sets, sets.real, Streams(0))(sets.real)
    assert found.shape[0] == 60
    assert found.shape[1] <= 32
    np.testing.assert_allclose(found.std(axis=0), 1)


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_a_torchscript_model_is_called_on_shares_of_three_channels(thirds, tmp_path):
    extract = GivenFeatures(_script(_Means(), tmp_path / "means.pt"))
    images = ImageSets.of(thirds[0], thirds[1]).real
    found = extract(images)
    assert found.dtype == np.float64
    means = images.pixels.mean(axis=(1, 2, 3)) / 255
    np.testing.assert_allclose(found[:, :3], np.repeat(means[:, None], 3, axis=1), rtol=1e-5)
    assert extract.names == ("fid", "kid")


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_what_is_no_such_model_is_refused_in_one_line(thirds, tmp_path):
    (tmp_path / "text.pt").write_text("no model")
    for path in (tmp_path / "text.pt", tmp_path / "none.pt"):
        with pytest.raises(DataError, match=f"{path.name} must be a TorchScript model, however"):
            GivenFeatures(path)
    images = ImageSets.of(thirds[0], thirds[1]).real
    with pytest.raises(DataError, match=r"must give finite features \[n, features\], however: found \[512, 3, 8, 8\]"):
        GivenFeatures(_script(_Picture(), tmp_path / "picture.pt"))(images)
    with pytest.raises(DataError, match="must take images like these, however: it fails"):
        GivenFeatures(_script(torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(192, 2)), tmp_path / "flat.pt"))(
            Images(np.zeros((5, 9, 9, 1), np.uint8), np.zeros(5, int))
        )
