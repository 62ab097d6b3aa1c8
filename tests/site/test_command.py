"""`nasbook site`: what it is asked for reaches the builder."""

from types import SimpleNamespace

import pytest

from nasbook import cli, site


@pytest.mark.parametrize(
    ("options", "repository"),
    [([], ""), (["--repository", "ada/nasbook@main"], "ada/nasbook@main")],
)
def test_the_repository_may_be_left_out(options, repository, tmp_path, monkeypatch):
    asked = []

    def build(out, notebooks, **more):
        asked.append(more["repository"])
        return SimpleNamespace(out=out, bytes=1, pages=1, largest="index", warnings=(), errors=())

    monkeypatch.setattr(site, "missing", lambda: "")
    monkeypatch.setattr(site, "build", build)
    assert cli.main(["site", str(tmp_path / "out"), "--notebooks", str(tmp_path), *options]) == 0
    assert asked == [repository]
