"""
Make the sample that the package ships, from the published data: `python tests/make_sample.py`.

Of every class it takes the first 30 training images and the first 10 test images, in their published order.
No random number is involved, and the gzip headers carry no time, so the same data always give the same
sample.
"""

import gzip
import struct
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from fmnist_ref.data import Split, load

SAMPLE_FOLDER = Path(__file__).parents[1] / "fmnist_ref" / "sample"
PER_CLASS = {"train": 30, "test": 10}
FILE_PREFIXES = {"train": "train", "test": "t10k"}


def first_of_each_class(labels: Tensor, per_class: int) -> Tensor:
    """Return the indices of each class's first images, in ascending order."""
    chosen = [torch.nonzero(labels == label).flatten()[:per_class] for label in labels.unique()]
    return torch.cat(chosen).sort().values


def write_idx(values: np.ndarray) -> bytes:
    """Return an array of uint8 as the content of an IDX file."""
    return struct.pack(f">HBB{values.ndim}I", 0, 8, values.ndim, *values.shape) + values.tobytes()


def sample_files(split: str, data: Split) -> dict[str, bytes]:
    """Return the uncompressed content of a split's two sample files, by file name."""
    chosen = first_of_each_class(data.labels, PER_CLASS[split])
    prefix = FILE_PREFIXES[split]
    return {
        f"{prefix}-images-idx3-ubyte.gz": write_idx(data.images[chosen].numpy()),
        f"{prefix}-labels-idx1-ubyte.gz": write_idx(data.labels[chosen].to(torch.uint8).numpy()),
    }


def main() -> None:
    """Write the four files into the package."""
    for split in ("train", "test"):
        for name, content in sample_files(split, load(split)).items():
            (SAMPLE_FOLDER / name).write_bytes(gzip.compress(content, compresslevel=9, mtime=0))


if __name__ == "__main__":
    main()
