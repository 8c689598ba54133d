from pathlib import Path

from report.record.files import copy_tree, remove_others, write_if_changed


def test_writes_only_what_changed(tmp_path):
    path = tmp_path / "deep" / "page.md"
    assert write_if_changed(path, "one")
    before = path.stat().st_mtime_ns
    assert not write_if_changed(path, "one")
    assert path.stat().st_mtime_ns == before
    assert write_if_changed(path, "two")
    assert path.read_text() == "two"
    assert [p.name for p in path.parent.iterdir()] == ["page.md"]


def test_copies_and_cleans(tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    write_if_changed(source / "a" / "b.txt", "b")
    write_if_changed(source / "__pycache__" / "x.pyc", b"")
    write_if_changed(target / "old" / "gone.txt", "")
    kept = copy_tree(source, target)
    assert kept == {Path("a/b.txt")}
    remove_others(target, kept)
    assert [p.relative_to(target) for p in target.rglob("*") if p.is_file()] == [Path("a/b.txt")]
    assert not (target / "old").exists()
