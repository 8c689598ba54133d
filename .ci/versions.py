"""
Assemble what Pages serves: this version, at the root and below its number, and the versions that were published before.

Usage: ``python .ci/versions.py build/site build/public``. A deployment replaces everything, so that earlier versions are
fetched from the published site, each of which has an archive of itself.
"""

import io
import json
import shutil
import sys
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

ARCHIVE = "fmnist-ref-site.zip"
SWITCHER = "switcher.json"


def assemble(site: Path, public: Path) -> None:
    """Write the folder that is deployed."""
    (this,) = json.loads((site / SWITCHER).read_text(encoding="utf-8"))
    root = this["url"].removesuffix(f"{this['version']}/")
    earlier = [entry | {"preferred": False} for entry in published(root) if entry["version"] != this["version"]]
    shutil.copytree(site, public)
    shutil.copytree(site, public / this["version"])
    for entry in earlier:
        restore(entry["url"], public / entry["version"])
    (public / SWITCHER).write_text(json.dumps([this, *earlier], indent=1) + "\n", encoding="utf-8")


def published(root: str) -> list[dict[str, str]]:
    """Return the versions that are published now: none before the first deployment."""
    try:
        with urllib.request.urlopen(root + SWITCHER) as answer:  # noqa: S310 - the site's own address, which was checked
            return json.load(answer)
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return []
        raise


def restore(address: str, folder: Path) -> None:
    """Unpack the archive of a published version, and keep the archive for the next deployment."""
    with urllib.request.urlopen(address + ARCHIVE) as answer:  # noqa: S310 - the same
        content = answer.read()
    folder.mkdir()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(folder)
    (root,) = folder.iterdir()  # the archive has one folder
    for path in root.iterdir():
        path.rename(folder / path.name)
    root.rmdir()
    (folder / ARCHIVE).write_bytes(content)


if __name__ == "__main__":
    assemble(Path(sys.argv[1]), Path(sys.argv[2]))
