import zipfile

from report.publish.archive import NAME, write_archive


def test_the_archive_holds_the_site_and_not_itself(tmp_path):
    (tmp_path / "answers").mkdir()
    (tmp_path / "index.html").write_text("<title>home</title>")
    (tmp_path / "answers" / "q1.html").write_text("<title>q1</title>")
    first = write_archive(tmp_path).read_bytes()
    with zipfile.ZipFile(tmp_path / NAME) as archive:
        assert sorted(archive.namelist()) == ["fmnist-ref/answers/q1.html", "fmnist-ref/index.html"]
        assert archive.read("fmnist-ref/index.html") == b"<title>home</title>"
    (tmp_path / "index.html").touch()  # a new date, the same content
    assert write_archive(tmp_path).read_bytes() == first
