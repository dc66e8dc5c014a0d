//! A module imports only modules that are declared above it, in `lib.rs` and inside every folder.
//!
//! Three rules hold for every crate. Among the modules that one file declares,
//! imports go up the list. Between a folder's `mod.rs` and its files, imports may go either way,
//! but never form a cycle. A form that hides which modules a file imports is refused.
//!
//! The test reads syntax, not types: it does not see which file implements a method that is called.

mod scan;
mod reader;
mod tree;
mod rules;
mod examples;

use std::fs;
use std::path::Path;

use tree::Crate;

/// The crates.
const SOURCES: [&str; 7] = [
    "src",
    "crates/audit/src",
    "crates/cli/src",
    "crates/guard/src",
    "crates/mcp/src",
    "crates/pages/src",
    "crates/stores/src",
];

/// Reads the files of a crate below the folder of its `lib.rs`.
fn krate(source: &str) -> Crate {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(source);
    Crate::read(&|module| {
        let path = module.iter().fold(source.clone(), |path, name| path.join(name));
        let file = match module {
            [] => path.join("lib.rs"),
            _ if path.is_dir() => path.join("mod.rs"),
            _ => path.with_extension("rs"),
        };
        fs::read_to_string(&file).expect(&file.display().to_string())
    })
}

#[test]
fn no_module_imports_one_that_is_declared_below_it() {
    for source in SOURCES {
        let wrong = krate(source).downward();
        assert!(wrong.is_empty(), "{source}: {wrong:#?}");
    }
}

#[test]
fn no_files_import_each_other_in_a_cycle() {
    for source in SOURCES {
        assert_eq!(krate(source).cycle(), None, "{source}");
    }
}

#[test]
fn no_file_hides_what_it_imports() {
    for source in SOURCES {
        let hidden = krate(source).hidden();
        assert!(hidden.is_empty(), "{source}: write the names or full paths instead: {hidden:#?}");
    }
}

/// Vocabularies are for those who mint: no guard, presenter or decision depends on one.
#[test]
fn vocabularies_are_used_by_mint_and_delegate_alone() {
    let users = |word: &str| -> Vec<String> {
        let mut users = Vec::new();
        SOURCES.iter().for_each(|source| add_users(Path::new(source), word, &mut users));
        users.retain(|path| !path.starts_with("crates/mcp/src/words/"));
        users.sort();
        users
    };
    let cli = "crates/cli/src/";
    assert_eq!(users("Vocabulary"), [&format!("{cli}input/words.rs"), "crates/mcp/src/codes.rs"]);
    assert_eq!(users("input::words"), [format!("{cli}input/grant.rs")]);
    let commands = ["commands/delegate.rs", "commands/mint.rs", "input/grant.rs"];
    assert_eq!(users("GrantArgs"), commands.map(|file| format!("{cli}{file}")));
}

/// Adds the files below a folder that have a word in them.
fn add_users(folder: &Path, word: &str, users: &mut Vec<String>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for entry in fs::read_dir(root.join(folder)).unwrap() {
        let path = folder.join(entry.unwrap().file_name());
        if root.join(&path).is_dir() {
            add_users(&path, word, users);
        } else if fs::read_to_string(root.join(&path)).unwrap().contains(word) {
            users.push(path.display().to_string());
        }
    }
}
