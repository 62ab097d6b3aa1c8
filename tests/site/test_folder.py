"""A site never takes a user's files: it writes into a folder of its own, or says in one sentence why it does not."""

import os

import pytest

from nasbook.site import folder


def made(tmp_path, name, **files):
    site = tmp_path / name
    site.mkdir()
    for path, text in files.items():
        (site / f"{path}.html").write_text(text)
    return site


def test_a_site_takes_the_place_of_an_earlier_one_and_leaves_other_files(tmp_path):
    out = tmp_path / "out"
    folder.check(out)
    folder.publish(made(tmp_path, "one", index="1", old="1"), out)
    (out / "mine.txt").write_text("mine")
    folder.check(out)
    folder.publish(made(tmp_path, "two", index="2"), out)
    assert folder.files(out) == ["index.html", "mine.txt", folder.LIST]
    assert (out / "index.html").read_text() == "2"


def test_a_file_of_the_users_in_the_way_stops_it_before_anything_changes(tmp_path):
    out = tmp_path / "out"
    folder.publish(made(tmp_path, "one", index="1"), out)
    (out / "new.html").write_text("mine")
    with pytest.raises(ValueError, match=r"new\.html is none of the site's files"):
        folder.publish(made(tmp_path, "two", index="2", new="2"), out)
    (out / "new.html").rename(out / "pages")  # a file where a folder has to be
    (made(tmp_path, "three") / "pages").mkdir()
    (tmp_path / "three" / "pages" / "new.html").write_text("3")
    with pytest.raises(ValueError, match="pages is none of the site's files"):
        folder.publish(tmp_path / "three", out)
    assert (out / "index.html").read_text() == "1" and (out / "pages").read_text() == "mine"


@pytest.mark.parametrize("line", ["../outside.txt", "/etc/hostname", "a/../../outside.txt", "link/outside.txt", "."])
def test_a_list_that_leads_elsewhere_is_not_believed(tmp_path, line):
    outside = tmp_path / "outside.txt"
    outside.write_text("mine")
    out = tmp_path / "out"
    folder.publish(made(tmp_path, "one", index="1"), out)
    (out / "link").symlink_to(tmp_path)
    (out / folder.LIST).write_text(f"index.html\n{line}\n")
    folder.publish(made(tmp_path, "two", index="2"), out)
    assert outside.read_text() == "mine"


def test_what_is_no_place_for_a_site_is_said_in_a_sentence(tmp_path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("mine")
    (tmp_path / "broken").symlink_to(tmp_path / "nowhere")
    for name, sentence in {
        "file": "is a file: name a folder",
        "file/below": "is a file, so there can be no folder",
        "full": "holds files, and no site of nasbook's",
        "broken": "is a link that leads nowhere",
    }.items():
        with pytest.raises(ValueError, match=sentence):
            folder.check(tmp_path / name)
    (tmp_path / "empty").mkdir()
    folder.check(tmp_path / "empty")
    folder.check(tmp_path / "new" / "deep" / "ünïcode and spaces")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_to_is_named(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(ValueError, match="cannot be written to"):
        folder.check(tmp_path / "out")
    tmp_path.chmod(0o700)
