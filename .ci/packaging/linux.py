"""Makes the .deb and the .rpm of a bundle: `python .ci/packaging/linux.py BUNDLE OUT NFPM`.

What a package asks of the system is not written down by hand: it is read from the bundle's own programs and libraries.
A library that is neither in the bundle nor in `DEBIAN` stops the build; so does one that wants a newer glibc than
Debian 12's. Neither package has scripts: what they bring is files, and the system's triggers see to menus and icons.
"""

from __future__ import annotations

import gzip
import json
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
HERE: Final = Path(__file__).parent / "linux"
PROGRAM: Final = "clinic-desk"
HOME: Final = f"/usr/lib/{PROGRAM}"
NEWEST_GLIBC: Final = (2, 36)
"""Debian 12's."""

DEBIAN: Final = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libX11.so.6": "libx11-6",
    "libbrotlicommon.so.1": "libbrotli1",
    "libbrotlidec.so.1": "libbrotli1",
    "libcups.so.2": "libcups2",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libgcc_s.so.1": "libgcc-s1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libstdc++.so.6": "libstdc++6",
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-glx.so.0": "libxcb-glx0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxcb.so.1": "libxcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libz.so.1": "zlib1g",
    "libzstd.so.1": "libzstd1",
}
_GLIBC: Final = re.compile(r"^(ld-linux.*|lib(c|m|dl|rt|pthread|resolv|util)\.so\.\d+)$")
MAINTAINER: Final = "Clinic Desk contributors <maintainers@clinic-desk.invalid>"
DESCRIPTION: Final = """reception desk of a clinic
Appointments of a clinic, shared by all of its desks: the database itself
sees to it that no time is given twice. Has its own PostgreSQL for a
single PC, and works with the clinic's server for many."""
RECOMMENDED: Final = {"deb": ["xdg-utils"], "rpm": ["xdg-utils"]}  # a web page or a document opens in its own program


def version() -> str:
    """Return the program's version, from its one place."""
    text = (ROOT / "clinic_desk" / "__init__.py").read_text("utf-8")
    return str(re.findall(r'__version__ = "([^"]+)"', text)[0])


def release() -> str:
    """Return which package of this version it is: RELEASE, 1 unless it was packaged before."""
    return os.environ.get("RELEASE") or "1"


def release_date() -> str:
    """Return the day of the release as 2026-11-22: SOURCE_DATE_EPOCH's, else today's."""
    return time.strftime("%Y-%m-%d", time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH") or time.time())))


def asked_of_the_system(bundle: Path) -> tuple[list[str], tuple[int, int]]:
    """Return the libraries that are asked for and not brought along, and the newest glibc that any file wants."""
    asked: set[str] = set()
    brought: set[str] = set()
    newest = (0, 0)
    for path in sorted(bundle.rglob("*")):
        if path.is_symlink() or not path.is_file() or not _is_elf(path):
            continue
        brought.add(path.name)
        told = subprocess.run(["readelf", "-dV", path], capture_output=True, text=True, check=True).stdout
        asked.update(re.findall(r"\(NEEDED\).*\[(.+)\]", told))
        found = (tuple(map(int, each)) for each in re.findall(r"GLIBC_(\d+)\.(\d+)", told))
        newest = max([newest, *((one, two) for one, two in found)])
    return sorted(name for name in asked - brought if not _GLIBC.match(name)), newest


def _is_elf(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def debian_packages(libraries: Iterable[str], glibc: tuple[int, int]) -> list[str]:
    """Return what a .deb depends on. Raises ValueError for a library that nobody is known to bring."""
    libraries = list(libraries)
    unknown = [name for name in libraries if name not in DEBIAN]
    if unknown:
        message = (
            f"no Debian package is known for {', '.join(unknown)}: add it to DEBIAN, or leave out what asks for it"
        )
        raise ValueError(message)
    if glibc > NEWEST_GLIBC:
        message = f"the bundle wants glibc {glibc[0]}.{glibc[1]}: build it on Debian 12 or older"
        raise ValueError(message)
    return [f"libc6 (>= {glibc[0]}.{glibc[1]})", *sorted({DEBIAN[name] for name in libraries})]


def rpm_capabilities(libraries: Iterable[str], glibc: tuple[int, int]) -> list[str]:
    """Return what an .rpm requires: the libraries by name, for each distribution calls its packages differently."""
    return [f"libc.so.6(GLIBC_{glibc[0]}.{glibc[1]})(64bit)", *(f"{name}()(64bit)" for name in sorted(libraries))]


def package(bundle: Path, made: Path, depends: dict[str, list[str]], architecture: str) -> dict[str, Any]:
    """Return nfpm's description of both packages; `made` is where the files lie that were made for them."""
    icons, documents = "/usr/share/icons/hicolor", f"/usr/share/doc/{PROGRAM}"
    files = {
        HERE / "clinic-desk.desktop": "/usr/share/applications/clinic-desk.desktop",
        HERE / "clinic-desk-caller.desktop": "/usr/share/applications/clinic-desk-caller.desktop",
        made / "desk.clinic.ClinicDesk.metainfo.xml": "/usr/share/metainfo/desk.clinic.ClinicDesk.metainfo.xml",
        ROOT / "resources" / "icons" / "clinic-desk.svg": f"{icons}/scalable/apps/clinic-desk.svg",
        ROOT / "resources" / "icons" / "clinic-desk.png": f"{icons}/256x256/apps/clinic-desk.png",
        made / "clinic-desk.1.gz": "/usr/share/man/man1/clinic-desk.1.gz",
        made / "changelog.gz": f"{documents}/changelog.gz",
        HERE / "copyright": f"{documents}/copyright",
        ROOT
        / "resources"
        / "service"
        / "clinic-desk-worker.service": f"{documents}/examples/clinic-desk-worker.service",
    }
    debians = {
        made / "changelog.Debian.gz": f"{documents}/changelog.Debian.gz",
        HERE / "lintian-overrides": f"/usr/share/lintian/overrides/{PROGRAM}",
    }
    plain = [{"src": str(source), "dst": place, "file_info": {"mode": 0o644}} for source, place in files.items()]
    plain += [
        {"src": str(source), "dst": place, "file_info": {"mode": 0o644}, "packager": "deb"}
        for source, place in debians.items()
    ]
    return {
        "name": PROGRAM,
        "arch": architecture,
        "platform": "linux",
        "version": version(),
        "release": release(),
        "section": "misc",
        "priority": "optional",
        "maintainer": MAINTAINER,
        "description": DESCRIPTION,
        "license": "MIT",
        "umask": 0o022,
        "contents": [
            {"src": str(bundle), "dst": HOME, "type": "tree"},
            {"src": f"../lib/{PROGRAM}/{PROGRAM}", "dst": f"/usr/bin/{PROGRAM}", "type": "symlink"},
            *_folders(documents, f"{documents}/examples"),
            *plain,
        ],
        "overrides": {kind: {"depends": depends[kind], "recommends": RECOMMENDED[kind]} for kind in ("deb", "rpm")},
        "deb": {"compression": "zstd"},
        "rpm": {"compression": "zstd", "group": "Applications/Productivity"},
    }


def _folders(*places: str) -> list[dict[str, Any]]:
    """These folders as the package's own: rpm would leave them behind."""
    return [{"dst": place, "type": "dir", "file_info": {"mode": 0o755}} for place in places]


def debian_changelog() -> str:
    """Return what Debian's tools want to know of this version; people read changelog.gz."""
    when = time.strftime("%a, %d %b %Y 00:00:00 +0000", time.strptime(release_date(), "%Y-%m-%d"))
    return (
        f"{PROGRAM} ({version()}-{release()}) stable; urgency=medium\n\n"
        f"  * Version {version()}; its changes are in changelog.gz.\n\n -- {MAINTAINER}  {when}\n"
    )


def write_documents(made: Path) -> None:
    """Write what both packages bring beside the bundle: manual page, AppStream metadata, changes."""
    page = subprocess.run(
        [sys.executable, HERE.parent / "manual_page.py"], capture_output=True, check=True, cwd=ROOT
    ).stdout
    about = (HERE / "desk.clinic.ClinicDesk.metainfo.xml").read_text("utf-8")
    about = about.replace("@VERSION@", version()).replace("@DATE@", release_date())
    (made / "desk.clinic.ClinicDesk.metainfo.xml").write_text(about, "utf-8")
    packed = {
        "clinic-desk.1.gz": page,
        "changelog.gz": (ROOT / "CHANGELOG.md").read_bytes(),
        "changelog.Debian.gz": debian_changelog().encode(),
    }
    for name, content in packed.items():
        (made / name).write_bytes(gzip.compress(content, 9, mtime=0))


def main(bundle: Path, out: Path, nfpm: str) -> None:
    """Make both packages; `out` holds them afterwards, and nothing else of this."""
    made = out / "parts"
    made.mkdir(parents=True, exist_ok=True)
    write_documents(made)
    libraries, glibc = asked_of_the_system(bundle)
    depends = {"deb": debian_packages(libraries, glibc), "rpm": rpm_capabilities(libraries, glibc)}
    architecture = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
    description = made / "nfpm.json"  # JSON is YAML too
    description.write_text(json.dumps(package(bundle, made, depends, architecture), indent=2), "utf-8")
    for kind in ("deb", "rpm"):
        subprocess.run([nfpm, "package", "-f", description, "-p", kind, "-t", out], check=True)
    for path in made.iterdir():
        path.unlink()
    made.rmdir()


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve(), sys.argv[3])
