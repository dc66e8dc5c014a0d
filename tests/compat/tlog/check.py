"""Verifies checkpoints, proofs and tiles with `aics-tlog`. The argument names a file with the work in
JSON; the answers go to standard output, in the same order."""

import json
import sys
from base64 import b64decode
from pathlib import Path

import aics_tlog as tlog
from aics_tlog.tiles import FileSystemTileReader, materialise_tiles, parse_entry_bundle
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def checked(condition, why):
    if not condition:
        raise ValueError(why)


def notes(task):
    cosigned({**task, "witnesses": [], "quorum": 0})


def cosigned(task):
    found = tlog.verify_checkpoint(
        tlog.parse_note(task["note"]),
        tlog.parse_vkey(task["key"]),
        [tlog.parse_vkey(witness) for witness in task["witnesses"]],
        task["quorum"],
        expected_origin=task["origin"],
    )
    checked(found.ok, found.error)
    checked((found.size, found.root) == (task["size"], b64decode(task["root"])), "another head")


def cosign(task):
    checkpoint = tlog.parse_checkpoint(tlog.parse_note(task["note"]).text)
    key = Ed25519PrivateKey.from_private_bytes(b64decode(task["seed"]))
    _, line = tlog.sign_cosignature(
        key, task["name"], task["time"], checkpoint.origin, checkpoint.size, checkpoint.root
    )
    note = tlog.Note(text="x\n", signatures=(line,)).serialise()
    return {"line": note.removeprefix("x\n\n")}


def proof_of(task):
    return [b64decode(one) for one in task["proof"]]


def inclusion(task):
    leaf, root = b64decode(task["leaf"]), b64decode(task["root"])
    holds = tlog.verify_inclusion(leaf, task["index"], task["size"], proof_of(task), root)
    checked(holds, "the proof does not hold")


def consistency(task):
    old_root, root = b64decode(task["oldRoot"]), b64decode(task["root"])
    holds = tlog.verify_consistency(task["older"], task["size"], old_root, root, proof_of(task))
    checked(holds, "the proof does not hold")


def tiles(task):
    """Authenticates every tile and every entry."""
    tlog.audit_tiles(FileSystemTileReader(task["folder"]), task["size"], b64decode(task["root"]))


def written(task):
    """Compares every file with what `aics-tlog` writes for the same entries."""
    folder, entries = Path(task["folder"]), []
    bundles = [path for path in (folder / "tile" / "entries").rglob("*") if path.is_file()]
    # Less than a thousand bundles, so the paths are in order.
    for path in sorted(bundles):
        entries += parse_entry_bundle(path.read_bytes())
    checked(len(entries) == task["size"], "another number of entries")
    theirs = materialise_tiles(entries)
    paths = [path for path in (folder / "tile").rglob("*") if path.is_file()]
    ours = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    checked(ours.keys() == theirs.keys(), sorted(ours.keys() ^ theirs.keys()))
    for path, content in ours.items():
        checked(content == theirs[path], f"{path} differs")


def answer(verb, task):
    try:
        return {"error": ""} | (verb(task) or {})
    except (ValueError, OSError) as error:
        return {"error": str(error) or repr(error)}


VERBS = [notes, cosigned, cosign, inclusion, consistency, tiles, written]

with open(sys.argv[1], encoding="utf-8") as file:
    work = json.load(file)
verbs = {verb.__name__: verb for verb in VERBS}
done = {kind: [answer(verbs[kind], task) for task in tasks] for kind, tasks in work.items()}
print(json.dumps(done))
