//! The words of reports. A name made of them could be mistaken for the report's own text.

/// The words that reports write in capitals. Each reads as a verdict or a warning wherever it
/// occurs.
const CAPITALS: &[&str] = &["ALLOW", "ALLOWED", "REFUSE", "REFUSED", "REVOKED", "UNVERIFIED", "VERIFIED", "WOULD"];

/// All other words of reports and of the reasons in them.
/// `UPDATE_WORDING=1 cargo test --test messages reserved_words` regenerates both lists from the sources of
/// the reports.
const WORDS: &[&str] = &["a", "about", "accepted", "accepts", "account", "accountable", "after", "again", "against", "agent", "agents", "all", "allow", "allowed", "allows", "also", "an", "anchor", "and", "another", "answer", "any", "are", "argument", "arguments", "around", "arrived", "as", "at", "audience", "authentic", "authority", "be", "been", "before", "begin", "begins", "below", "between", "biscuit", "blank", "blanks", "block", "blocks", "boolean", "by", "byte", "bytes", "call", "called", "callers", "calls", "can", "cannot", "capabilities", "capability", "card", "chain", "check", "checked", "checks", "choose", "claim", "claims", "class", "clock", "compared", "complex", "constrain", "contains", "context", "cost", "css", "d", "decision", "declared", "default", "delegate", "delegated", "delegates", "delegation", "delegations", "delegator", "denial", "deny", "depth", "directory", "do", "does", "each", "earlier", "ed", "effect", "element", "elements", "else", "empty", "end", "ends", "enforced", "every", "everything", "examine", "examined", "expired", "expires", "expiry", "faint", "fingerprint", "first", "float", "follow", "follows", "for", "form", "fresh", "freshness", "from", "full", "further", "given", "glob", "gone", "grant", "granted", "grants", "guard", "h", "had", "has", "have", "held", "here", "hint", "holder", "holds", "hop", "hops", "human", "id", "if", "in", "index", "inline", "inside", "integer", "is", "issued", "it", "its", "itself", "kept", "key", "keys", "kind", "l", "last", "later", "least", "leave", "leaves", "left", "len", "letters", "like", "limits", "line", "list", "listed", "long", "m", "made", "malformed", "many", "match", "matches", "max", "may", "min", "minor", "misplaced", "missing", "mixes", "more", "most", "must", "name", "named", "names", "narrow", "narrows", "needs", "next", "no", "nobody", "none", "not", "note", "nothing", "null", "object", "objects", "observation", "observed", "of", "old", "on", "one", "only", "operation", "optional", "or", "organization", "organizations", "other", "out", "outlive", "outside", "own", "owner", "parent", "part", "party", "passed", "passes", "people", "permits", "person", "pins", "policy", "possession", "present", "presentation", "presentations", "presented", "published", "purpose", "readable", "reasons", "refuse", "refused", "refuses", "refusing", "remark", "remarks", "removed", "repeated", "replay", "replays", "request", "require", "requires", "resource", "restrict", "returned", "revocation", "revoked", "right", "root", "s", "schema", "secret", "service", "services", "set", "share", "shown", "shows", "signature", "signatures", "signed", "so", "source", "speak", "src", "stale", "start", "starts", "state", "states", "step", "steps", "string", "style", "subset", "such", "t", "table", "take", "tell", "terminal", "text", "than", "that", "the", "their", "there", "these", "third", "this", "time", "times", "to", "token", "tolerance", "too", "trust", "trusted", "try", "two", "under", "units", "unknown", "unnamed", "unreadable", "unsafe", "until", "untrusted", "unverified", "up", "url", "use", "used", "v", "valid", "value", "values", "verdict", "verified", "verifier", "version", "visible", "waives", "was", "weak", "what", "where", "whether", "which", "whom", "whose", "why", "widens", "with", "without", "work", "would", "write", "z"];

/// Returns true if a text without blanks could be mistaken for the words around it: all its words
/// are words of a report, one is a word in capitals, or it is a number or has only punctuation.
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
