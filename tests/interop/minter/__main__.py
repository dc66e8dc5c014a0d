"""`python -m minter`: makes all vectors and all attacks, and compares. `--write` writes the attacks down."""

import json
import sys
from pathlib import Path

from . import attacks, vectors
from .request import read_json

TESTS = Path(__file__).resolve().parent.parent.parent
ATTACKS = TESTS / "interop" / "attacks.json"


def main(arguments):
    made = attacks.all_attacks()
    text = json.dumps([written for written, _ in made], indent=1) + "\n"
    if arguments == ["--write"]:
        ATTACKS.write_text(text, encoding="utf-8")
    files = sorted((TESTS / "vectors").glob("*.json"))
    wrong, counts = vectors.check(read_json(file.read_text(encoding="utf-8")) for file in files)
    if not files:
        wrong.append("there are no vectors")
    if ATTACKS.read_text(encoding="utf-8") != text:
        wrong.append("attacks.json is not what the minter makes: `python -m minter --write`")
    found, of_attacks = attacks.check(made)
    for name, count in {**counts, **of_attacks}.items():
        print(f"{count:6} {name}")
    print("\n".join(wrong + found))
    if wrong or found:
        sys.exit(f"{len(wrong + found)} differences")
    print("the minter of docs/FORMAT.md makes what the vectors have")


if __name__ == "__main__":
    main(sys.argv[1:])
