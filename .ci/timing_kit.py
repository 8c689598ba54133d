"""
Build dist/timing-kit.pyz: this project's code and the few packages that it needs beside PyTorch and torchvision.

The file unpacks itself into a temporary folder, because compiled modules and the digests of records need files. Arguments
are the versions of Python to build for, on Linux and x86-64.
"""

import shutil
import subprocess
import sys
import tempfile
import zipapp
from pathlib import Path

ROOT = Path(__file__).parents[1]
NEEDED = ("jaxtyping", "msgspec", "platformdirs", "psutil", "wadler-lindig")
PLATFORMS = (
    "manylinux_2_28_x86_64",
    "manylinux_2_17_x86_64",
    "manylinux2014_x86_64",
    "manylinux_2_12_x86_64",
    "manylinux2010_x86_64",
)
CODE = ("fmnist_ref", "report/__init__.py", "report/plan.py", "report/experiments", "report/record", "report/run")
MAIN = '''"""Unpack this file and time an accelerator: python timing-kit.pyz --device cuda."""

import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

with tempfile.TemporaryDirectory() as folder:
    with zipfile.ZipFile(Path(__file__).parent) as kit:
        kit.extractall(folder)
    packages = Path(folder, "packages", "%d.%d" % sys.version_info[:2])
    if not packages.is_dir():
        built = ", ".join(sorted(path.name for path in packages.parent.iterdir()))
        sys.exit(f"error: this file is for Python {built}")
    path = os.pathsep.join(filter(None, [str(Path(folder, "code")), str(packages), os.environ.get("PYTHONPATH")]))
    command = [sys.executable, "-m", "report.run.timing_kit", *sys.argv[1:]]
    sys.exit(subprocess.call(command, env=os.environ | {"PYTHONPATH": path}))
'''


def build(folder: Path, target: Path, versions: list[str]) -> None:
    """Collect code and packages in a folder, and write them as one file."""
    ignore = shutil.ignore_patterns("__pycache__")
    for name in CODE:
        source, copy = ROOT / name, folder / "code" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy, ignore=ignore)
        else:
            shutil.copy(source, copy)
    for version in versions:
        platforms = [f"--platform={platform}" for platform in PLATFORMS]
        subprocess.run(  # noqa: S603 - our own words
            [
                sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile", "--only-binary=:all:",
                f"--python-version={version}", "--implementation=cp", *platforms,
                "--constraint", ROOT / "constraints.txt", "--target", folder / "packages" / version, *NEEDED,
            ],
            check=True,
        )  # fmt: skip
    (folder / "__main__.py").write_text(MAIN, encoding="utf-8")
    target.parent.mkdir(exist_ok=True)
    zipapp.create_archive(folder, target, compressed=True)
    print(f"Written: {target.relative_to(ROOT)}, {target.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        build(Path(temporary), ROOT / "dist" / "timing-kit.pyz", sys.argv[1:] or ["3.11", "3.12", "3.13"])
