//! Names of arguments: top-level ones as they are, members of objects and lists by a pointer.

use std::fmt::{self, Display, Formatter};

/// One step of a pointer into an object. A member called `*` is written `~2`, since `*` stands for
/// the elements of a list.
pub(super) fn step(key: &str) -> String {
    match key {
        "*" => "/~2".to_owned(),
        key => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
    }
}

/// The step of a pointer into a list, whichever the element.
pub(super) const INTO_LIST: &str = "/*";

/// The beginning that the names of all members of this argument share.
pub(crate) fn prefix_below(name: &str) -> String {
    match name.starts_with('/') {
        true => format!("{name}/"),
        false => format!("{}/", step(name)),
    }
}

/// The name of that inside which all names begin with `prefix`.
pub(crate) fn name_above(prefix: &str) -> Option<String> {
    prefix.strip_suffix('/').filter(|pointer| pointer.starts_with('/')).map(name_of)
}

/// The names of the objects and lists that what has this name lies in.
pub(crate) fn enclosing(name: &str) -> impl Iterator<Item = String> {
    let pointer = if name.starts_with('/') { name } else { "" };
    let ends = pointer.match_indices('/').map(|(at, _)| at).skip(1);
    ends.map(|end| name_of(pointer.get(..end).unwrap_or_default()))
}

/// The list of objects that the name goes into, as `files` for `/files/*/path`.
pub(crate) fn list_around(name: &str) -> Option<String> {
    let (list, _) = name.split_once("/*/").filter(|(list, _)| list.starts_with('/'))?;
    Some(name_of(list))
}

/// The name of what this pointer leads to. A top-level argument is named as it is.
fn name_of(pointer: &str) -> String {
    match pointer.strip_prefix('/').filter(|rest| !rest.contains('/')) {
        Some("~2") => "*".to_owned(),
        Some(token) => token.replace("~1", "/").replace("~0", "~"),
        None => pointer.to_owned(),
    }
}

/// The reason why no argument of any call has a name that is a JSON Pointer. Its text is the end of a
/// sentence about the name, with what to write instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PointerFault {
    /// `/limit`, which is named `limit`.
    TopLevel,
    /// `/files/*`: the elements themselves have no name.
    EndsInList,
    /// `/*/path`: the arguments are an object.
    BeginsInList,
    /// `/a/*/b/*/c`.
    ListInList,
    /// A `~` that escapes nothing.
    Escape,
}

impl Display for PointerFault {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TopLevel => "is a pointer to a top-level argument; name it without the slash",
            Self::EndsInList => {
                "ends with `*`; name the list itself, and limit its elements by `each`"
            }
            Self::BeginsInList => {
                "begins with `*`, and the arguments are not a list; begin with the name of an argument"
            }
            Self::ListInList => "goes into a list inside a list; use one `*` at most",
            Self::Escape => {
                "has a `~` that escapes nothing; write `~0` for `~`, `~1` for `/`, and `~2` for a member called `*`"
            }
        })
    }
}

/// The reason why no argument of any call has this name, if there is one.
pub(crate) fn why_nothing_has(name: &str) -> Option<PointerFault> {
    let tokens: Vec<&str> = name.strip_prefix('/')?.split('/').collect();
    let is_escaped = |token: &&str| {
        let behind = token.split('~').skip(1);
        *token == "~2" || behind.into_iter().all(|rest| rest.starts_with(['0', '1']))
    };
    match tokens.as_slice() {
        [_] => Some(PointerFault::TopLevel),
        [.., "*"] => Some(PointerFault::EndsInList),
        ["*", ..] => Some(PointerFault::BeginsInList),
        tokens if tokens.iter().filter(|token| **token == "*").count() > 1 => {
            Some(PointerFault::ListInList)
        }
        tokens if !tokens.iter().all(is_escaped) => Some(PointerFault::Escape),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_has_the_name_that_it_was_made_of() {
        for (name, prefix) in [
            ("files", "/files/"),
            ("a/b", "/a~1b/"),
            ("~2", "/~02/"),
            ("*", "/~2/"),
            ("**", "/**/"),
            ("/files/*/meta", "/files/*/meta/"),
            ("/a/~2", "/a/~2/"),
            ("/a/", "/a//"),
        ] {
            assert_eq!(prefix_below(name), prefix);
            assert_eq!(name_above(prefix).as_deref(), Some(name));
        }
        assert_eq!(name_above("files/"), None);
        assert_eq!(name_above("/files"), None);
    }

    #[test]
    fn a_name_tells_what_it_lies_in() {
        let around = |name| enclosing(name).collect::<Vec<_>>();
        assert_eq!(around("/~2/a~1b/c"), ["*", "/~2/a~1b"]);
        assert_eq!(around("/files/*/meta/owner"), ["files", "/files/*", "/files/*/meta"]);
        assert_eq!(around("a/b"), [""; 0]);
        assert_eq!(list_around("/a~1b/*/path").as_deref(), Some("a/b"));
        assert_eq!(list_around("/x/files/*/path").as_deref(), Some("/x/files"));
        assert_eq!(list_around("/x/~2/path"), None);
        assert_eq!(list_around("x/*/path"), None);
    }

    #[test]
    fn some_names_belong_to_nothing() {
        for name in ["/", "/a", "/~2", "/*/a", "/a/*", "/a/*/b/*/c", "/a/~", "/a/~3", "/a/~2b"] {
            assert!(why_nothing_has(name).is_some(), "{name}");
        }
        for name in ["a", "*", "a/*", "~", "//", "/a/", "/a/~2/*/~01", "/a/*b", "/a/*/", "/~1/b"] {
            assert_eq!(why_nothing_has(name), None, "{name}");
        }
    }
}
