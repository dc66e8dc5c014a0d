//! Names of arguments. A top-level argument keeps its name; a member of an object or a list of
//! objects has a pointer.

use std::fmt::{self, Display, Formatter};

/// Returns the key of a member to which this step of a pointer leads, without its slash.
pub(crate) fn key_at(step: &str) -> String {
    match step {
        "~2" => "*".to_owned(),
        step => step.replace("~1", "/").replace("~0", "~"),
    }
}

/// Returns the step of a pointer into an object. A member called `*` is written `~2`, because `*`
/// means the elements of a list.
pub(super) fn step(key: &str) -> String {
    match key {
        "*" => "/~2".to_owned(),
        key => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
    }
}

/// The step of a pointer into all elements of a list.
pub(super) const INTO_LIST: &str = "/*";

/// Returns the common prefix of the names of all members of this argument.
pub(crate) fn prefix_below(name: &str) -> String {
    match name.starts_with('/') {
        true => format!("{name}/"),
        false => format!("{}/", step(name)),
    }
}

/// Returns the name of the argument whose members all have this prefix.
pub(crate) fn name_above(prefix: &str) -> Option<String> {
    prefix.strip_suffix('/').filter(|pointer| pointer.starts_with('/')).map(name_at)
}

/// Returns the names of the objects and lists around an argument, outermost first.
pub(crate) fn enclosing(name: &str) -> impl Iterator<Item = String> {
    let pointer = if name.starts_with('/') { name } else { "" };
    let ends = pointer.match_indices('/').map(|(at, _)| at).skip(1);
    ends.map(|end| name_at(pointer.get(..end).unwrap_or_default()))
}

/// Returns the list of objects that the name goes into, such as `files` for `/files/*/path`.
pub(crate) fn enclosing_list(name: &str) -> Option<String> {
    let (list, _) = name.split_once("/*/").filter(|(list, _)| list.starts_with('/'))?;
    Some(name_at(list))
}

/// Returns the name of the argument at this pointer. A top-level argument keeps its name.
fn name_at(pointer: &str) -> String {
    match pointer.strip_prefix('/').filter(|rest| !rest.contains('/')) {
        Some(step) => key_at(step),
        None => pointer.to_owned(),
    }
}

/// The reason why a JSON Pointer cannot name an argument of any call. `Display` gives the end of a
/// sentence whose subject is the name, with a remedy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PointerFault {
    /// A top-level argument: `/limit`, whose name is `limit`.
    TopLevel,
    /// `/files/*`: the elements themselves have no name.
    EndsInList,
    /// `/*/path`: the arguments are an object.
    BeginsInList,
    /// A list inside a list: `/a/*/b/*/c`.
    ListInList,
    /// A `~` that escapes nothing.
    Escape,
}

impl Display for PointerFault {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TopLevel => "is a pointer to a top-level argument; name it without the slash",
            Self::EndsInList => {
                "ends with `*`; name the list itself, and limit its elements with `each`"
            }
            Self::BeginsInList => {
                "begins with `*`, and the arguments are not a list; begin with the name of an argument"
            }
            Self::ListInList => "goes into a list inside a list; use at most one `*`",
            Self::Escape => {
                "has a `~` that escapes nothing; write `~0` for `~`, `~1` for `/`, and `~2` for a member called `*`"
            }
        })
    }
}

/// Returns the reason why no argument of any call can have this name, if there is one.
pub(crate) fn pointer_fault(name: &str) -> Option<PointerFault> {
    let tokens: Vec<&str> = name.strip_prefix('/')?.split('/').collect();
    let is_escaped = |token: &&str| {
        let mut after_tildes = token.split('~').skip(1);
        *token == "~2" || after_tildes.all(|rest| rest.starts_with(['0', '1']))
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
    fn a_prefix_leads_back_to_its_name() {
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
    fn a_name_gives_the_objects_and_lists_around_it() {
        let around = |name| enclosing(name).collect::<Vec<_>>();
        assert_eq!(around("/~2/a~1b/c"), ["*", "/~2/a~1b"]);
        assert_eq!(around("/files/*/meta/owner"), ["files", "/files/*", "/files/*/meta"]);
        assert_eq!(around("a/b"), [""; 0]);
        assert_eq!(enclosing_list("/a~1b/*/path").as_deref(), Some("a/b"));
        assert_eq!(enclosing_list("/x/files/*/path").as_deref(), Some("/x/files"));
        assert_eq!(enclosing_list("/x/~2/path"), None);
        assert_eq!(enclosing_list("x/*/path"), None);
    }

    #[test]
    fn some_pointers_cannot_name_an_argument() {
        for name in ["/", "/a", "/~2", "/*/a", "/a/*", "/a/*/b/*/c", "/a/~", "/a/~3", "/a/~2b"] {
            assert!(pointer_fault(name).is_some(), "{name}");
        }
        for name in ["a", "*", "a/*", "~", "//", "/a/", "/a/~2/*/~01", "/a/*b", "/a/*/", "/~1/b"] {
            assert_eq!(pointer_fault(name), None, "{name}");
        }
    }
}
