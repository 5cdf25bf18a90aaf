"""Set up Clinic Desk in an environment of its own beside this file, then start its demo, its tests or the program.

    python3 start.py demo [arguments]     the demo clinic; without a display, a guided tour of it
    python3 start.py test [arguments]     the tests (arguments go to pytest)
    python3 start.py run  [arguments]     the program itself (arguments as for clinic-desk)

Exit codes of this script: 2 wrong usage, 3 something is missing on this computer, 4 the packages could not be
installed, 130 interrupted. Everything else is the exit code of what was started.

Only the standard library is used, and the code is kept readable for older Pythons than the program needs, so that one
of those can say so, or find a newer one.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "clinic-desk.json"  # written last: what is installed, and that it is complete
REQUIREMENTS = ROOT / "requirements.lock"
MAKE_VENV = ("-m", "venv", "--clear")
ON_WINDOWS = os.name == "nt"

SUPPORTED = ((3, 13), (3, 12), (3, 11))  # in order of preference, when the Python running this is none of them
NEEDS = "Clinic Desk needs Python 3.11, 3.12 or 3.13 (64 bit)"

WRONG_USAGE, MISSING, NOT_INSTALLED, INTERRUPTED = 2, 3, 4, 130

# What Qt loads from the system, and the Debian package that has it. X11 and Wayland only where there is a display.
QT_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libxkbcommon.so.0": "libxkbcommon0",
}
X11_LIBRARIES = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
WAYLAND_LIBRARIES = {
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
}

# Asked of each Python that might do; "complete" means that it can make environments (Debian packs that apart).
PROBE = """
import json, struct, sys, sysconfig
from importlib.util import find_spec
fit = sys.implementation.name == "cpython" and struct.calcsize("P") == 8
fit = fit and not sysconfig.get_config_var("Py_GIL_DISABLED")
complete = bool(find_spec("ensurepip") and find_spec("venv"))
print(json.dumps([sys.executable, list(sys.version_info[:2]), fit, complete]))
"""


class Stop(Exception):
    """Ends the script with a message for the user and an exit code."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


class Python(NamedTuple):
    """An interpreter found on this computer."""

    path: str
    version: tuple[int, int]
    fit: bool
    complete: bool

    @property
    def supported(self) -> bool:
        return self.fit and self.version in SUPPORTED


def say(text: str) -> None:
    """Tell the user what happens; on stderr, so that the program's own output stays clean."""
    print(text, file=sys.stderr, flush=True)


# --- the Python to use ------------------------------------------------------------------------------------------------


def ask_python(command: list[str]) -> Python | None:
    """What the interpreter behind `command` is, or None if it does not start (version managers leave such stubs)."""
    try:
        answer = subprocess.run(
            [*command, "-I", "-c", PROBE],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=60,
            check=True,
        )
        path, version, fit, complete = json.loads(answer.stdout.decode("utf-8"))
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return Python(path, (version[0], version[1]), fit, complete)


def other_pythons() -> Iterator[list[str]]:
    """Commands that may start a Python, likely ones first."""
    if ON_WINDOWS and shutil.which("py"):
        for major, minor in SUPPORTED:
            yield ["py", f"-{major}.{minor}"]
    suffix = ".exe" if ON_WINDOWS else ""
    for name in [*("python{}.{}".format(*version) for version in SUPPORTED), "python3", "python"]:
        for folder in os.get_exec_path():
            program = Path(folder, name + suffix)
            if is_there(program):
                yield [str(program)]


def is_there(program: Path) -> bool:
    """Whether there is such a file. A folder that is closed to this user can be on the path, as after `su`."""
    try:
        return program.is_file()
    except OSError:
        return False


def find_python() -> Python:
    """The Python to make the environment with: this one if it will do, else the first complete one on the path.

    Raises Stop if there is none. The one returned may lack the parts that make environments (`complete`).
    """
    incomplete = None
    for command in [[sys.executable], *other_pythons()]:
        python = ask_python(command)
        if python is None or not python.supported:
            continue
        if python.complete:
            return python
        incomplete = incomplete or python
    if incomplete is None:
        found = "this is {}.{}".format(*sys.version_info[:2])
        raise Stop(f"{NEEDS}; {found}, and no other was found. Install one and start again.", MISSING)
    return incomplete


# --- what must be on the system ---------------------------------------------------------------------------------------


def loads(library: str) -> bool:
    """Whether the system's loader finds the shared library and all it needs."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def qt_libraries() -> dict[str, str]:
    """The system libraries that Qt needs here, with their Debian packages."""
    if not sys.platform.startswith("linux"):
        return {}
    wanted = dict(QT_LIBRARIES)
    if os.environ.get("DISPLAY"):
        wanted.update(X11_LIBRARIES)
    elif os.environ.get("WAYLAND_DISPLAY"):
        wanted.update(WAYLAND_LIBRARIES)
    return wanted


def check_system(python: Python | None) -> None:
    """See that the system has what Qt and the environment need; as root on Debian and its kin, install it.

    `python` is the interpreter that is to make the environment, or None if the environment is there.
    """
    libraries = {name: package for name, package in qt_libraries().items() if not loads(name)}
    packages = list(libraries.values())
    if python is not None and not python.complete:
        packages.insert(0, "python{}.{}-venv".format(*python.version))
    if not packages:
        return
    if not shutil.which("apt-get"):
        raise Stop(how_to_install_elsewhere(list(libraries), python), MISSING)
    if os.geteuid() != 0:
        line = "sudo apt-get install " + " ".join(packages)
        raise Stop(
            f"Some system packages are missing. Install them with this line, then start again:\n\n  {line}\n", MISSING
        )
    install_debian_packages(packages)


def how_to_install_elsewhere(libraries: list[str], python: Python | None) -> str:
    """What to tell a user whose system has no apt-get."""
    parts = []
    if libraries and (shutil.which("dnf") or shutil.which("zypper")):
        tool = "dnf" if shutil.which("dnf") else "zypper"
        # RPM packages can be asked for by the library they hold.
        line = " ".join(f"'{name}()(64bit)'" for name in libraries)
        parts.append(
            f"Some system libraries are missing. Install them, then start again:\n\n  sudo {tool} install {line}\n"
        )
    elif libraries:
        parts.append("Qt needs system libraries that are missing here: " + ", ".join(libraries) + ".")
    if python is not None and not python.complete:
        parts.append(f"{python.path} lacks its modules venv and ensurepip; install them.")
    return "\n".join(parts)


def install_debian_packages(packages: list[str]) -> None:
    """Install Debian packages as root; the package lists are fetched only if it does not go without."""
    say("Installing system packages: " + " ".join(packages))
    install = ["install", "-y", "--no-install-recommends", *packages]
    code, output = apt_get(install)
    if code != 0:
        say("Fetching the system's package lists...")
        apt_get(["update"])
        code, output = apt_get(install)
    if code != 0:
        raise Stop(f"{tail(output)}\napt-get could not install: {' '.join(packages)}", MISSING)


def apt_get(arguments: list[str]) -> tuple[int, str]:
    """Run apt-get without questions, waiting for another one to finish; its exit code and what it printed."""
    done = subprocess.run(
        ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=300", *arguments],
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return done.returncode, done.stdout.decode("utf-8", "replace")


def tail(output: str, lines: int = 25) -> str:
    """The last lines of a long output."""
    return "\n".join(output.strip().splitlines()[-lines:])


# --- the environment --------------------------------------------------------------------------------------------------


def venv_python() -> Path:
    """The environment's interpreter."""
    return VENV / "Scripts" / "python.exe" if ON_WINDOWS else VENV / "bin" / "python"


def site_packages(version: tuple[int, int]) -> Path:
    """The environment's folder of installed packages."""
    return (
        VENV / "Lib" / "site-packages"
        if ON_WINDOWS
        else VENV / "lib" / "python{}.{}".format(*version) / "site-packages"
    )


def fingerprint(version: tuple[int, int]) -> dict[str, str]:
    """What an environment must have been made from to be the right one."""
    return {
        "python": "{}.{}".format(*version),
        "requirements": hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest(),
    }


def is_ready() -> bool:
    """Whether the environment is complete, made from the present lock, and its interpreter still there.

    When the Python running this is a supported one, the environment must be of the same version: who tests with 3.13 by
    `python3.13 start.py test` gets 3.13.
    """
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
        answer = subprocess.run(
            [str(venv_python()), "-I", "-S", "-c", "import sys; print(*sys.version_info[:2])"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=60,
            check=True,
        )
        major, minor = answer.stdout.split()
    except (OSError, subprocess.SubprocessError, ValueError):
        return False
    version = (int(major), int(minor))
    mine = sys.version_info[:2]
    return bool(stamp == fingerprint(version)) and (version == mine or mine not in SUPPORTED)


def make_environment(python: Python) -> None:
    """Make the environment anew from the lock. Interrupted anywhere, it has no stamp: the next start makes it again."""
    with suppress(FileNotFoundError):
        STAMP.unlink()
    say("Making an environment with Python {}.{} in {}".format(*python.version, VENV))
    made = subprocess.run(
        [python.path, "-I", *MAKE_VENV, str(VENV)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if made.returncode != 0:
        raise Stop(f"{tail(made.stdout.decode('utf-8', 'replace'))}\nThe environment could not be made.", NOT_INSTALLED)
    install_requirements()
    put_project_on_path(python.version)
    check_qt()
    unfinished = STAMP.with_suffix(".part")
    unfinished.write_text(json.dumps(fingerprint(python.version)), encoding="utf-8")
    unfinished.replace(STAMP)


def install_requirements() -> None:
    """Install exactly what the lock names, from wherever pip's own configuration says.

    Each file is checked by its hash, and none is built here: a build would fetch tools that nobody has checked.
    """
    pip = [str(venv_python()), "-I", "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
    pip += ["--require-hashes", "--only-binary=:all:", "--no-warn-script-location", "--progress-bar=off"]
    pip += ["-r", str(REQUIREMENTS)]
    total = sum(1 for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines() if "==" in line)
    say(f"Installing {total} packages; the first time this downloads about 200 MB.")
    environment = {**os.environ, "PIP_USER": "0"}  # a user-wide setting that an environment refuses
    with subprocess.Popen(
        pip,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        close_fds=False,  # it holds the installer's lock too: see only_installer
    ) as process:
        assert process.stdout is not None
        output = follow(process.stdout, total)
    if process.returncode != 0:
        raise Stop(f"{tail(output)}\nThe packages could not be installed (see above).", NOT_INSTALLED)


def follow(stream: IO[bytes], total: int) -> str:
    """Read pip's output to its end and show how far it is: one changing line on a terminal, every tenth in a log."""
    output = []
    seen = 0
    live = sys.stderr.isatty()
    for raw in stream:
        line = raw.decode("utf-8", "replace").rstrip()
        output.append(line)
        if line.startswith("Collecting "):
            seen += 1
            text = f"  {seen}/{total} {line.split()[1]}"
        elif line.startswith("Installing collected packages"):
            text = "  unpacking..."
        else:
            continue
        if live:
            print(f"\r{text:<70}", end="", file=sys.stderr, flush=True)
        elif seen % 10 == 0 or text.endswith("..."):
            say(text)
    if live:
        print("\r" + " " * 70 + "\r", end="", file=sys.stderr, flush=True)
    return "\n".join(output)


def put_project_on_path(version: tuple[int, int]) -> None:
    """Make the project importable in the environment without building it.

    The path is relative, hence plain ASCII whatever the project's folder is called: before 3.13 Python reads these
    files in the system's encoding, which not every name fits.
    """
    folder = site_packages(version)
    (folder / "clinic-desk.pth").write_text(os.path.relpath(ROOT, folder) + "\n", encoding="ascii")


def check_qt() -> None:
    """See that Qt loads: a system library that nobody thought of is told here, not by a crash later."""
    tried = subprocess.run(
        [str(venv_python()), "-I", "-c", "import PySide6.QtWidgets"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if tried.returncode != 0:
        raise Stop(f"{tail(tried.stdout.decode('utf-8', 'replace'), 3)}\nQt does not load on this computer.", MISSING)


@contextmanager
def only_installer() -> Iterator[None]:
    """Keep two first starts at once from installing into one folder; any end of the process frees the lock.

    Except that (not on Windows) pip inherits it: when this process is killed, the next one waits until that pip ends.
    """
    with (ROOT / ".venv.lock").open("a+b") as file:
        os.set_inheritable(file.fileno(), True)
        try:
            lock(file, wait=False)
        except OSError:
            say("Another start is installing; waiting for it...")
            lock(file, wait=True)
        yield


def lock(file: IO[bytes], *, wait: bool) -> None:
    """Lock the open file for this process. Raises OSError if it is taken (without `wait`)."""
    if sys.platform == "win32":
        import msvcrt

        while True:
            try:
                msvcrt.locking(file.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
            except OSError:  # LK_LOCK itself gives up after 10 s
                if not wait:
                    raise
            else:
                return
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)


def prepare() -> None:
    """Bring system and environment to where the program can start; does next to nothing when they are there."""
    if is_ready():
        check_system(None)
        return
    python = find_python()
    check_system(python)
    try:
        with only_installer():
            if not is_ready():
                make_environment(python)
    except PermissionError as error:
        raise Stop(
            f"Not allowed to write in {error.filename}. Start this as the owner of {ROOT}.", NOT_INSTALLED
        ) from error
    say("Ready.")


# --- what is started --------------------------------------------------------------------------------------------------


def command_line(name: str, arguments: list[str]) -> list[str]:
    """The command that `start.py name arguments` stands for."""
    # -P: a file in the user's current folder must not pass for one of Python's or ours.
    python = [str(venv_python()), "-P", "-m"]
    if name == "test":
        return [*python, "pytest", "-n", "3", *arguments]
    return [*python, "clinic_desk", *(["demo"] if name == "demo" else []), *arguments]


def become(command: list[str]) -> NoReturn:
    """Run the command in place of this process, so that signals and the exit code are its own."""
    for name in ("PYTHONHOME", "PYTHONPATH"):  # meant for another Python than the environment's
        os.environ.pop(name, None)
    sys.stderr.flush()
    if ON_WINDOWS:  # exec there returns to the shell before the program has ended
        sys.exit(subprocess.call(command))
    os.execv(command[0], command)


def main(arguments: list[str]) -> NoReturn:
    """Do what the command line says."""
    for stream in (sys.stdout, sys.stderr):  # a terminal that cannot show a folder's name must not stop the start
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    if not arguments or arguments[0] not in ("demo", "test", "run"):
        asked = bool(arguments) and arguments[0] in ("-h", "--help")
        print(__doc__, file=sys.stdout if asked else sys.stderr)
        sys.exit(0 if asked else WRONG_USAGE)
    try:
        prepare()
        if arguments[0] == "test":
            os.chdir(ROOT)
        become(command_line(arguments[0], arguments[1:]))
    except Stop as stop:
        say(str(stop))
        sys.exit(stop.code)
    except KeyboardInterrupt:
        say("\nInterrupted. The next start goes on from here.")
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main(sys.argv[1:])
