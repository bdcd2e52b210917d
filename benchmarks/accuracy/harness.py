"""The harness: its folder, its Python, and one way to run something beside it."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Harness:
    """Folder of the harness and a Python that has its requirements."""

    folder: Path
    python: Path

    def run(self, *arguments: str | Path) -> None:
        """Run Python there with its modules and ours to import; its folder is only read. Raises CalledProcessError."""
        paths = os.pathsep.join(map(str, (self.folder, ROOT)))
        environment = os.environ | {"PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
        subprocess.run([self.python, *map(str, arguments)], env=environment, check=True)

    def script(self, name: str, *arguments: str | Path) -> None:
        """Run one of its own scripts as it is."""
        self.run(self.folder / f"{name}.py", *arguments)

    def beside(self, name: str, *arguments: str | Path) -> None:
        """Run one of the modules of `beside_harness`."""
        self.run("-m", f"benchmarks.accuracy.beside_harness.{name}", *arguments)
