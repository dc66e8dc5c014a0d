//! The words that reports are made of: a name that consists of them could be taken for theirs.

/// What reports write in capitals, which stands for a verdict or a warning wherever it is read.
const CAPITALS: &[&str] = &["ALLOWED", "REFUSED", "REVOKED", "UNVERIFIED", "VERIFIED"];

/// All other words of reports and of the reasons in them. `UPDATE_WORDING=1 cargo test --test wording`
/// writes both lists anew, from the sources of the reports.
const WORDS: &[&str] = &["a", "absent", "accepted", "accepts", "account", "accountable", "after", "against", "agent", "all", "allow", "allowed", "allows", "also", "an", "anchor", "and", "another", "any", "anything", "are", "argument", "arguments", "around", "as", "asked", "asking", "at", "audience", "authentic", "be", "been", "before", "begin", "begins", "behind", "below", "between", "binds", "biscuit", "blank", "blanks", "block", "blocks", "boolean", "but", "by", "bytes", "call", "called", "can", "cannot", "capabilities", "capability", "card", "chain", "check", "checked", "checks", "claim", "claims", "clock", "closes", "compared", "complex", "contains", "context", "css", "d", "decided", "declared", "default", "delegate", "delegates", "delegation", "delegations", "delegator", "deny", "depth", "did", "do", "does", "each", "ed", "effect", "element", "elements", "else", "empty", "end", "ends", "every", "everybody", "everything", "examined", "expired", "expires", "faint", "fingerprint", "float", "follow", "follows", "for", "form", "freshness", "from", "further", "given", "glob", "go", "gone", "good", "grant", "granted", "grants", "guard", "h", "had", "has", "have", "held", "here", "hint", "hold", "holder", "holds", "hop", "hops", "human", "id", "in", "index", "inline", "inside", "integer", "is", "issued", "it", "its", "itself", "judge", "kept", "key", "keys", "kind", "know", "l", "last", "least", "leaves", "left", "len", "lets", "lies", "like", "limits", "line", "list", "listed", "long", "m", "made", "many", "matches", "max", "may", "min", "minor", "missing", "more", "most", "must", "name", "named", "names", "narrows", "needs", "no", "nobody", "none", "not", "note", "nothing", "null", "object", "objects", "of", "on", "one", "only", "operation", "optional", "or", "organization", "organizations", "other", "outlive", "outside", "own", "owner", "parent", "part", "party", "passed", "passes", "people", "person", "pinned", "place", "policy", "possession", "present", "presentation", "presentations", "presented", "published", "purpose", "read", "readable", "reasons", "refused", "refuses", "refusing", "remark", "remarks", "remember", "removed", "repeated", "replay", "request", "required", "requires", "resource", "restrict", "returned", "revocation", "revoked", "right", "room", "root", "s", "secret", "service", "services", "set", "shown", "shows", "sign", "signatures", "signed", "so", "source", "speak", "spent", "src", "stand", "starts", "state", "states", "string", "style", "subset", "such", "t", "table", "take", "tell", "terminal", "text", "than", "that", "the", "there", "third", "this", "those", "time", "times", "to", "token", "tolerance", "too", "trust", "trusted", "under", "units", "unknown", "unnamed", "unreadable", "unsafe", "until", "untrusted", "unverified", "up", "upon", "url", "use", "used", "v", "valid", "value", "verdict", "verified", "verifier", "version", "visible", "waives", "was", "weak", "what", "where", "whether", "which", "whom", "whose", "widens", "with", "without", "work", "would", "write", "z"];

/// Whether a person could take this text, which has no blanks, for the words around it: all its words
/// are words of a report, or one is a word in its capitals, or it is a number or nothing but signs.
pub(crate) fn is_reserved(text: &str) -> bool {
    let mut words =
        text.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty()).peekable();
    if words.peek().is_none() {
        let mut bytes = text.bytes();
        return bytes.clone().all(|b| b.is_ascii_digit()) || !bytes.any(|b| b.is_ascii_digit());
    }
    let mut all_are_ours = true;
    for word in words {
        if CAPITALS.binary_search(&word).is_ok() {
            return true;
        }
        all_are_ours &= WORDS.binary_search_by(|own| in_lower_case(own, word)).is_ok();
    }
    all_are_ours
}

fn in_lower_case(own: &str, word: &str) -> std::cmp::Ordering {
    own.bytes().cmp(word.bytes().map(|b| b.to_ascii_lowercase()))
}
