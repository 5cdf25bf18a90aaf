"""Finds the files that are shipped with the program: in the source tree, in an installed wheel, in a bundle."""

from __future__ import annotations

import importlib.resources
from importlib.resources.abc import Traversable
from pathlib import Path


def resource(name: str) -> Traversable:
    """Return the resource of this name, parts parted by "/", e.g. `resource("demo/names.json").read_text("utf-8")`.

    A wheel and a PyInstaller bundle carry the folder `resources` as `clinic_desk/_resources`; in the source tree it
    stands beside the package. FileNotFoundError when there is no such file or folder.
    """
    package = importlib.resources.files("clinic_desk")
    for root in (package.joinpath("_resources"), Path(str(package)).parent / "resources"):
        found = root.joinpath(*name.split("/"))
        if found.is_file() or found.is_dir():
            return found
    message = f"no resource {name}: the program's installation is incomplete"
    raise FileNotFoundError(message)
