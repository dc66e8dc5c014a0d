"""Repeats the decisions that `cargo test --test compat` wrote with another Biscuit library, and compares."""

import base64
import copy
import hashlib
import sys
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import biscuit_auth
from biscuit_auth import Algorithm, AuthorizerBuilder, Biscuit, PublicKey

import bypasses
from canonical import read
from facts import facts
from limits import satisfied

# Vectors that are denied for a fault across blocks, which no engine can see: `DESIGN.md`, "Limits
# of Datalog".
BEYOND = {
    "deny_delegate": "delegate_not_allowed",
    "deny_outlives": "outlives_parent",
    "deny_self_delegation": "self_delegation",
    "deny_too_deep": "delegation_depth_exceeded",
}

# Refused on reading the token: a signature is not by the key that the previous block names.
FORGED = {"bad_signature", "not_the_holder"}

TESTS = Path(__file__).resolve().parent.parent.parent
SECRET = hashlib.sha256(b"deputize: nothing may follow a presentation").digest()
HELD = b"\x22\x42\x12\x40" + bytes(64)


def main(folder):
    files = sorted(Path(folder).glob("*.json"))
    vectors = sorted(TESTS.glob("vectors/*.json"))
    if [file.name for file in files] != [file.name for file in vectors]:
        sys.exit(f"{folder} does not have every vector: run `cargo test --test compat` first")
    counts, wrong, beyond = Counter(), [], set()
    for file in files:
        written = read(file.read_text())
        vector, cases = written["vector"], written["cases"]
        assert vector == read((TESTS / "vectors" / file.name).read_text())
        wrong += held_is_refused(vector)
        for case in cases:
            found, used = decide(vector, case)
            counts[found] += 1
            wrong += compare(vector, case, found)
            if found == "allow" and case["decision"] == "deny" and is_issued(vector, case["now"]):
                beyond.add(vector["name"])
            if found == "allow" and used:
                counts["denied for want of `satisfies`"] += 1
                if decide(vector, case, knows_limits=False)[0] != "deny":
                    wrong.append(f"{vector['name']}, {case['what']}: allowed without `satisfies`")
        if len(cases) < 40:
            wrong.append(f"{vector['name']}: only {len(cases)} cases")
    if beyond != BEYOND.keys():
        wrong.append(f"beyond an engine are {sorted(beyond)}, not {sorted(BEYOND)}")
    can_fail(read((Path(folder) / "hops_2.json").read_text()))
    counts["held tokens refused"] = len(files)
    differing, counts["known bypasses judged"] = bypasses.differences()
    wrong += differing
    for name, count in sorted(counts.items()):
        print(f"{count:6} {name}")
    print("\n".join(wrong[:20]))
    if wrong:
        sys.exit(f"{len(wrong)} differences")
    print(f"{len(files)} vectors, decided alike by biscuit-python")


def decide(vector, case, knows_limits=True):
    """The decision of the other library, and the number of `satisfies` facts that it got."""
    token = base64.urlsafe_b64decode(case["presentation"] + "==")
    # A plain verifier must check this itself, because its engine cannot.
    if not token.endswith(b"\x22\x22\x0a\x20" + SECRET):
        return "not presented", 0
    try:
        biscuit = Biscuit.from_bytes(token, root_key(vector))
    except biscuit_auth.BiscuitValidationError:
        return "forged", 0
    extra = list(satisfied(vector["grants"], case["request"])) if knows_limits else []
    authorizer = AuthorizerBuilder("allow if true")
    for fact in facts(case["request"], case["now"]) + extra:
        authorizer.add_fact(fact)
    limits = authorizer.limits()
    limits.max_time = timedelta(seconds=10)
    authorizer.set_limits(limits)
    try:
        authorizer.build(biscuit).authorize()
    except biscuit_auth.AuthorizationError as error:
        return refusal(str(error)), len(extra)
    return "allow", len(extra)


def refusal(message):
    """A failed check is a denial; any other error is not."""
    if "the following checks failed" in message:
        return "deny"
    # The result of comparing unlike types where a grant has one capability.
    return "deny by type" if message.endswith("execution failure: Invalid type") else message


def compare(vector, case, found):
    codes = set(case["codes"]) - {BEYOND.get(vector["name"])}
    if not is_issued(vector, case["now"]):
        codes -= {"not_yet_valid"}
    if codes & FORGED:
        expected = {"forged"}
    elif codes:
        expected = {"deny", "deny by type"}
    else:
        expected = {"allow"}
    if found in expected:
        return []
    return [f"{vector['name']}, {case['what']}: {found}, not {case['decision']} {case['codes']}"]


def is_issued(vector, now):
    """False if the only fault of the time is that a hop is used before it was issued: that is
    beyond an engine too. `not_before` is a check."""
    hops = vector["grants"]
    begun = all(seconds(hop["not_before"]) <= now for hop in hops if "not_before" in hop)
    return not begun or all(seconds(hop["issued"]) <= now for hop in hops)


def seconds(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def held_is_refused(vector):
    token = base64.urlsafe_b64decode(vector["token"] + "==")
    assert token.endswith(HELD), "this is not a held token"
    try:
        Biscuit.from_bytes(token, root_key(vector))
    except biscuit_auth.BiscuitValidationError:
        return []
    return [f"{vector['name']}: the held token was accepted"]


def root_key(vector):
    return PublicKey.from_bytes(bytes.fromhex(vector["root_key"].removeprefix("ed25519/")), Algorithm.Ed25519)


def can_fail(written):
    """Each of these changes must show a difference, which proves that the checks can fail."""
    vector, own = written["vector"], written["cases"][0]
    assert compare(vector, own, decide(vector, own)[0]) == []

    def broken(change):
        other = copy.deepcopy(own)
        change(other)
        if not compare(vector, other, decide(vector, other)[0]):
            sys.exit(f"a broken copy of {vector['name']} was found right")

    broken(lambda case: case.update(decision="deny", codes=["expired"]))
    broken(lambda case: case.update(now=case["now"] + 3600))
    broken(lambda case: case["request"].update(operation="crm.write"))
    broken(lambda case: case["request"]["args"].update(limit=6))
    # One letter of the text, inside what is signed.
    middle = len(own["presentation"]) // 2
    letter = "A" if own["presentation"][middle] != "A" else "B"
    text = own["presentation"][:middle] + letter + own["presentation"][middle + 1 :]
    broken(lambda case: case.update(presentation=text))


if __name__ == "__main__":
    main(sys.argv[1])
