"""Makes every vector from its inputs (section 19), and compares."""

from . import token as tokens
from .blocks import seconds
from .facts import authorize
from .request import digest

OUTCOME = ("root_key", "request_digest", "token", "presentation", "hop_ids", "decision", "codes")


def check(vectors):
    """The differences, and the number of vectors of each kind."""
    wrong, counts = [], {}

    def count(what):
        counts[what] = counts.get(what, 0) + 1

    for vector in vectors:
        name = vector["name"]
        made, breaks = make({key: value for key, value in vector.items() if key not in OUTCOME})
        for part, own in made.items():
            if own != vector[part]:
                wrong.append(f"{name}: another {part} than the vector's")
        count("vectors made byte for byte")
        if vector["decision"] != "allow":
            continue
        if breaks:
            wrong.append(f"{name} is allowed, and no honest signer signs it: {breaks}")
        root_key = bytes.fromhex(made["root_key"].partition("/")[2])
        about = (root_key, vector["grants"], vector["request"], seconds(vector["now"]))
        why = authorize(made["presentation"], *about)
        if why is not None:
            wrong.append(f"{name}: biscuit-python refuses it with the minter's facts: {why}")
        if authorize(made["token"], *about) is None:
            wrong.append(f"{name}: biscuit-python accepts the held token")
        count("of them allowed by biscuit-python with the minter's facts")
    return wrong, counts


def make(case):
    """The outputs for the inputs, and the rule of section 11 or 14 that the inputs break, if any:
    some tokens are made by signing content that no honest signer would sign."""
    try:
        return build(case, forced=False), None
    except ValueError as error:
        return build(case, forced=True), str(error)


def build(case, forced):
    seeds = {name: bytes.fromhex(seed) for name, seed in case["seeds"].items()}

    def key(name):
        return tokens.public_key(seeds[name])

    token = None
    for grant in case["grants"]:
        allowed = [key(name) for name in grant["delegates"]] if grant.get("delegates") else None
        seed, to = seeds[grant["signer"]], key(grant["to"]["key"])
        if token is None:
            token_id = bytes.fromhex(case["token_id"])
            token = tokens.mint(case["owner"], token_id, grant, seed, to, allowed, forced)
        else:
            token = tokens.delegate(token, grant, seed, to, allowed, forced)
    shown, request = case["presented"], case["request"]
    presentation = tokens.present(
        token,
        seeds[shown["by"]],
        bytes.fromhex(shown["nonce"]),
        seconds(shown["issued"]),
        shown["window"],
        digest(request),
        request["audience"],
        bytes.fromhex(shown["counted"]) if "counted" in shown else None,
        forced,
    )
    return {
        "root_key": "ed25519/" + token.root_key.hex(),
        "request_digest": digest(request).hex(),
        "token": token.text(),
        "presentation": presentation.text(),
        "hop_ids": token.hop_ids(),
    }
