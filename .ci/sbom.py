"""Writes what the program is made of as a CycloneDX 1.6 document (JSON): `python .ci/sbom.py > sbom.json`.

Of the environment it runs in: what `clinic-desk` needs to run on this system, each with its version, licence and who
needs it, and the hashes that `requirements.lock` allows. What only tests and developers need is left out, which is why
this is no ready-made tool: those list either everything installed, or all of a lock file. The same environment gives
the same document.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from packaging.requirements import Requirement

ROOT: Final = Path(__file__).parent.parent
LOCK: Final = ROOT / "requirements.lock"
PROGRAM: Final = "clinic-desk"
PACKAGE: Final = "clinic_desk"
_PIN: Final = re.compile(r"(?m)^([A-Za-z0-9._-]+)==([^ ;\\]+)")
_HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def pins(lock: str) -> dict[str, tuple[str, list[str]]]:
    """Return (version, SHA-256 hashes) by normalized name."""
    found = list(_PIN.finditer(lock))
    ends = [*(pin.start() for pin in found[1:]), len(lock)]
    return {
        _normalized(pin[1]): (pin[2], _HASH.findall(lock, pin.end(), end)) for pin, end in zip(found, ends, strict=True)
    }


def needs(name: str, extras: frozenset[str] = frozenset()) -> set[tuple[str, frozenset[str]]]:
    """Return what a package needs here, with the extras it asks for; the program itself need not be installed."""
    found = set()
    for line in _project()["dependencies"] if name == PROGRAM else metadata.requires(name) or ():
        wanted = Requirement(line)
        if wanted.marker is None or any(wanted.marker.evaluate({"extra": extra}) for extra in extras or {""}):
            found.add((_normalized(wanted.name), frozenset(wanted.extras)))
    return found


def everything() -> dict[str, set[str]]:
    """Return what the program needs, and what that needs, down to the end: the names of what each needs, by name."""
    tree: dict[str, set[str]] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = [(PROGRAM, frozenset[str]())]
    while waiting:
        name, extras = each = waiting.pop()
        if each not in seen:
            seen.add(each)
            wanted = needs(name, extras)
            tree.setdefault(name, set()).update(other for other, _ in wanted)
            waiting += wanted
    return tree


def document() -> dict[str, Any]:
    """Return the whole document. Raises ValueError if something is installed that the lock does not have."""
    tree, locked = everything(), pins(LOCK.read_text("utf-8"))
    own = tree.pop(PROGRAM)
    for name in tree:
        if locked.get(name, ("",))[0] != metadata.version(name):
            message = f"{name} {metadata.version(name)} is installed, the lock has {locked.get(name, ('none',))[0]}"
            raise ValueError(message)
    components = [_component(name, locked[name][1]) for name in sorted(tree)]
    version = re.findall(r'__version__ = "([^"]+)"', (ROOT / PACKAGE / "__init__.py").read_text("utf-8"))[0]
    serial = uuid5(NAMESPACE_URL, f"{PROGRAM} {version} {[each['purl'] for each in components]}")
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": PROGRAM,
                "name": PROGRAM,
                "version": version,
                "licenses": [{"expression": _project()["license"]}],
            }
        },
        "components": components,
        "dependencies": [
            {"ref": PROGRAM, "dependsOn": sorted(map(_purl, own))},
            *({"ref": _purl(name), "dependsOn": sorted(map(_purl, tree[name]))} for name in sorted(tree)),
        ],
    }


def _project() -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return project


def _component(name: str, hashes: list[str]) -> dict[str, Any]:
    version = metadata.version(name)
    files = {
        "type": "distribution",
        "url": f"https://pypi.org/project/{name}/{version}/",
        "hashes": [{"alg": "SHA-256", "content": each} for each in hashes],
    }
    named = {"type": "library", "bom-ref": _purl(name), "name": name, "version": version, "purl": _purl(name)}
    return {**named, **_licence(name), "externalReferences": [files]}


def _licence(name: str) -> dict[str, Any]:
    about = metadata.metadata(name)
    if "License-Expression" in about:
        return {"licenses": [{"expression": about["License-Expression"]}]}
    said = [line.rpartition(" :: ")[2] for line in about.get_all("Classifier", ()) if line.startswith("License ::")]
    first = about["License"].strip().partition("\n")[0] if "License" in about else ""
    names = said or ([first] if first else [])
    return {"licenses": [{"license": {"name": each}} for each in names]} if names else {}


def _purl(name: str) -> str:
    return f"pkg:pypi/{name}@{metadata.version(name)}"


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    json.dump(document(), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
