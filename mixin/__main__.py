"""Write the rules and the dashboards: ``python -m mixin [--runbooks URL] [--directory ROOT]``."""

from __future__ import annotations

import argparse
from pathlib import Path

from mixin.files import files
from mixin.rule import RUNBOOKS


def main() -> None:
    """Write every generated file below a directory, and say which."""
    parser = argparse.ArgumentParser(prog="python -m mixin", description=__doc__)
    parser.add_argument(
        "--runbooks", default=RUNBOOKS, metavar="URL", help="where your people read the runbooks"
    )
    parser.add_argument(
        "--directory", default=Path(), type=Path, help="the root of the tree to write into"
    )
    given = parser.parse_args()
    for path, text in files(runbooks=given.runbooks.rstrip("/")).items():
        place = given.directory / path
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
        except OSError as error:
            parser.exit(1, f"mixin: cannot write {place}: {error.strerror}; choose a --directory\n")
        print(place)  # noqa: T201 -- what it wrote is what it says


if __name__ == "__main__":
    main()
