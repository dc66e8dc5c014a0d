"""`python -m minter FOLDER`: makes all vectors and all attacks, and decides about the calls in the folder that
`cargo test --test compat` wrote. `python -m minter --write` writes `attacks.json`."""

import json
import sys
from pathlib import Path

from . import attacks, calls, vectors
from .request import read_json

INTEROP = Path(__file__).resolve().parent.parent
TESTS = INTEROP.parent.parent
ATTACKS = INTEROP / "attacks.json"


def main(argument):
    made = attacks.all_attacks()
    text = json.dumps([written for written, _ in made], indent=1) + "\n"
    if argument == "--write":
        ATTACKS.write_text(text, encoding="utf-8")
        return
    wrong = []
    if ATTACKS.read_text(encoding="utf-8") != text:
        wrong.append("attacks.json is not what the minter makes: `python -m minter --write`")
    for found, counts in (
        vectors.check(read(TESTS / "vectors")),
        attacks.check(made),
        calls.check(read(Path(argument))),
    ):
        wrong += found
        for name, count in counts.items():
            print(f"{count:6} {name}")
    print("\n".join(wrong[:20]))
    if wrong:
        sys.exit(f"{len(wrong)} differences")
    print("the minter of docs/FORMAT.md makes what the vectors have")


def read(folder):
    files = sorted(folder.glob("*.json"))
    if len(files) < 60:
        sys.exit(f"{folder} has only {len(files)} files")
    return [read_json(file.read_text(encoding="utf-8")) for file in files]


if __name__ == "__main__":
    main(sys.argv[1])
