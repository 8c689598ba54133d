"""
Execute the corrected notebook on the whole data set and keep it with its outputs: ``tox -e notebook``.

It takes a few minutes on one core. Do it after each change of the script. With ``FMNIST_REF_SITE_URL`` set, the links in
the notebook lead to that site: readers who open it on GitHub or in Colab need that.
"""

import gzip
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient

from fmnist_ref import locate

sys.path.insert(0, str(Path(__file__).parents[1] / "_ext"))

from fmnist_site.student_notebook import EXECUTED, to_notebook


def execute(notebook: nbformat.NotebookNode, data: Path) -> None:
    """Execute a notebook in a folder where torchvision finds the images, which may be gzipped in `data`."""
    with TemporaryDirectory() as folder:
        raw = Path(folder, "data/FashionMNIST/raw")
        raw.mkdir(parents=True)
        for path in data.rglob("*-ubyte*"):
            content = path.read_bytes()
            unpacked = (
                gzip.decompress(content)
                if path.suffix == ".gz"
                else content
            )
            (raw / path.name.removesuffix(".gz")).write_bytes(unpacked)
        NotebookClient(
            notebook,
            timeout=3600,
            record_timing=False,
            resources={"metadata": {"path": folder}},
        ).execute()


if __name__ == "__main__":
    executed = to_notebook(os.environ.get("FMNIST_REF_SITE_URL", ""))
    metadata = dict(executed.metadata)
    execute(executed, locate().folder)
    executed.metadata = metadata  # the kernel has added its own
    nbformat.write(executed, EXECUTED)
