"""Lets biscuit-python decide about many changed calls with the facts of the minter (section 16).

The calls, their presentations and the codes come from the implementation that is tested; digests and facts
are the minter's own.
"""

from .facts import authorize

# The codes that a plain verifier can find (sections 15 and 16).
SEEN = {
    "bad_signature",
    "not_the_holder",
    "expired",
    "presentation_not_fresh",
    "wrong_audience",
    "wrong_request",
    "audience_not_granted",
    "no_capability",
    "operation_not_granted",
    "resource_not_granted",
    "unknown_argument",
    "argument_missing",
    "argument_refused",
}


def check(files):
    """The differences, and the number of calls of each kind."""
    wrong, counts = [], {"calls allowed with the minter's facts": 0, "calls refused": 0}
    for file in files:
        vector = file["vector"]
        root_key = bytes.fromhex(vector["root_key"].partition("/")[2])
        for case in file["cases"]:
            is_seen = not SEEN.isdisjoint(case["codes"])
            if case["codes"] and not is_seen:
                continue
            why = authorize(case["presentation"], root_key, vector["grants"], case["request"], case["now"])
            counts["calls refused" if why else "calls allowed with the minter's facts"] += 1
            if (why is not None) != is_seen:
                wrong.append(f"{vector['name']}, {case['what']}: {case['codes']}, and {why or 'allowed'}")
    return wrong, counts
