//! Members of a message that are written anew, such as its id. The rest stays as it came.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use serde_json::value::RawValue;

use crate::id::Id;

/// The members of an object, as they were written.
pub(super) type Members<'j> = BTreeMap<String, &'j RawValue>;

/// Returns an object in which the member at the end of the path is this JSON text; `None` if there is no such
/// path.
pub(super) fn replaced(object: &[u8], path: &[&str], json: &str) -> Option<Vec<u8>> {
    let (name, rest) = path.split_first()?;
    let mut members: Members<'_> = serde_json::from_slice(object).ok()?;
    let before = members.get(*name)?;
    let json = match rest {
        [] => json.to_owned(),
        rest => String::from_utf8(replaced(before.get().as_bytes(), rest, json)?).ok()?,
    };
    let own = RawValue::from_string(json).ok()?;
    members.insert((*name).to_owned(), &own);
    serde_json::to_vec(&members).ok()
}

/// Returns the line of a message with another id.
pub(super) fn with_id(line: &[u8], id: &str) -> Option<Vec<u8>> {
    let mut line = replaced(line, &["id"], id)?;
    line.push(b'\n');
    Some(line)
}

/// Returns the id that this JSON text is.
pub(super) fn read_id(raw: &RawValue) -> Option<Id> {
    let json: Json = serde_json::from_str(raw.get()).ok()?;
    Id::read(raw.get(), &json)
}

/// Returns a member of an object.
pub(super) fn member(object: &RawValue, name: &str) -> Option<Json> {
    let members: Members<'_> = serde_json::from_str(object.get()).ok()?;
    serde_json::from_str(members.get(name)?.get()).ok()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests {
    use super::{replaced, with_id};

    #[test]
    fn everything_else_stays_as_it_was_written() {
        let line = br#"{"jsonrpc": "2.0","id":"a","params":{"x":1e15, "y":"\u0061"}}"#;
        let own = String::from_utf8(with_id(line, "7").unwrap()).unwrap();
        assert_eq!(
            own,
            "{\"id\":7,\"jsonrpc\":\"2.0\",\"params\":{\"x\":1e15, \"y\":\"\\u0061\"}}\n"
        );
        let deep = replaced(line, &["params", "x"], "\"b\"").unwrap();
        assert!(String::from_utf8(deep).unwrap().contains(r#""params":{"x":"b","y":"\u0061"}"#));
        assert_eq!(with_id(b"{}", "7"), None);
    }
}
