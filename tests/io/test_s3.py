"""A real client of S3 against a server of the tests: tables are fetched, samples are put there, nothing is replaced."""

from __future__ import annotations

import pandas as pd
import pytest

from synthgan import Chains, Synthesizer
from synthgan.errors import DataError
from synthgan.io.sidecar import origin_at
from synthgan.io.tableurls import read_url, write_url

pytestmark = pytest.mark.service
VISITS = pd.DataFrame({"age": [30, 41, 52] * 20, "sex": ["F", "M", "F"] * 20})
SECRET = "s3cret-of-nobody"  # noqa: S105 (of a server that lives as long as a test)


@pytest.fixture
def bucket(monkeypatch):
    """The URL of a bucket."""
    moto = pytest.importorskip("moto.server", reason="moto (Apache-2.0) is no requirement of ours")
    s3fs = pytest.importorskip("s3fs", reason="pip install 'synthgan[cloud]'")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "ann",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()
    s3fs.S3FileSystem().mkdir("clinic")
    yield "s3://clinic"
    server.stop()
    s3fs.S3FileSystem.clear_instance_cache()


def test_a_table_in_a_bucket_is_learned_and_samples_are_put_beside_it(bucket, tmp_path):
    write_url(VISITS, f"{bucket}/visits.parquet")
    synthesizer = Synthesizer(generator=Chains(chains=2, rounds=0), check=False).fit(f"{bucket}/visits.parquet")
    assert synthesizer.manifest()["rows"] == len(VISITS)
    write_url(synthesizer.sample(30, seed=1), f"{bucket}/deep/made.csv.gz")
    assert len(read_url(f"{bucket}/deep/made.csv.gz")) == 30
    with pytest.raises(DataError, match="the output must be new, however: it is there already"):
        write_url(VISITS, f"{bucket}/visits.parquet")
    with pytest.raises(DataError) as failed:
        read_url(f"{bucket}/nobody.parquet")
    assert SECRET not in str(failed.value)
    write_url(synthesizer.sample(30, seed=1), f"{bucket}/made.parquet")
    import s3fs

    assert s3fs.S3FileSystem().exists("clinic/deep/made.csv.gz.synthetic.json")
    s3fs.S3FileSystem().get_file("clinic/made.parquet", str(tmp_path / "made.parquet"))
    assert origin_at(tmp_path / "made.parquet")["seed"] == 1
