"""Where the site goes: a folder of its own. Files that a user has put there are neither removed nor overwritten."""

from __future__ import annotations

import os
import shutil
from pathlib import Path, PurePosixPath

LIST = "nasbook-site.txt"  # in the site: every file of it, one a line; what is not listed is not ours


def check(out: Path) -> None:
    """ValueError, in one sentence, unless a site can be written here; OSError where the folder cannot be read."""
    if out.is_symlink() and not out.exists():
        raise ValueError(f"{out} is a link that leads nowhere: name another folder")
    if out.exists() and not out.is_dir():
        raise ValueError(f"{out} is a file: name a folder for the site")
    above = out if out.is_dir() else next(p for p in out.absolute().parents if p.exists())
    if not above.is_dir():
        raise ValueError(f"{above} is a file, so there can be no folder {out}")
    if not os.access(above, os.W_OK | os.X_OK):
        raise ValueError(f"{above} cannot be written to: name another folder for the site")
    if out.is_dir() and not (out / LIST).is_file() and any(out.iterdir()):
        raise ValueError(f"{out} holds files, and no site of nasbook's: name an empty or a new folder for the site")


def files(site: Path) -> list[str]:
    """Every file below a folder, sorted, as a path with slashes."""
    return sorted(p.relative_to(site).as_posix() for p in site.rglob("*") if p.is_file())


def publish(made: Path, out: Path) -> None:
    """Move a site that was made elsewhere to its place, and remove what an earlier one has left there.

    ValueError if a file of the user's is in the way: then nothing is changed.
    """
    new, old = {*files(made), LIST}, _listed(out)
    folders = {str(above) for name in new for above in PurePosixPath(name).parents if above.name}
    for name in sorted((new - old) | folders):
        if os.path.lexists(out / name) and not (name in folders and (out / name).is_dir()):
            raise ValueError(f"{out / name} is none of the site's files and stands in its way: move it elsewhere")
    out.mkdir(parents=True, exist_ok=True)
    for name in sorted(new - {LIST}):
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.move(made / name, out / name)
    for name in sorted(old - new, reverse=True):
        (out / name).unlink(missing_ok=True)
        for folder in (out / name).parents:
            if folder == out or not folder.is_dir() or any(folder.iterdir()):
                break
            folder.rmdir()
    (out / LIST).write_text("".join(f"{name}\n" for name in sorted(new)), encoding="utf-8")


def _listed(out: Path) -> set[str]:
    """What an earlier site has put here, its list included; a line that leads elsewhere is not believed."""
    if not (out / LIST).is_file():
        return set()
    names = (out / LIST).read_text(encoding="utf-8", errors="replace").splitlines()
    inside = (n for n in names if n and not PurePosixPath(n).is_absolute() and ".." not in PurePosixPath(n).parts)
    root = out.resolve()
    return {LIST} | {n for n in inside if not (out / n).is_dir() and root in (out / n).resolve().parents}
