//! The library and the command have one list of invisible characters.

use std::fs;
use std::path::{Path, PathBuf};

/// The file with the list.
const LIST: &str = "src/text/escape.rs";

/// Calls that judge by themselves whether a character can be seen.
const JUDGES: [&str; 3] = [".is_control()", "char::is_control", "Default_Ignorable"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn one_list_says_which_characters_are_invisible() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for folder in [
        "src",
        "crates/audit/src",
        "crates/cli/src",
        "crates/guard/src",
        "crates/mcp/src",
        "crates/pages/src",
        "crates/stores/src",
    ] {
        sources(&root.join(folder), &mut found);
    }
    assert!(found.len() > 100, "{} files", found.len());
    let mut judges = Vec::new();
    for path in found {
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        if JUDGES.iter().any(|judge| code.contains(judge)) {
            judges.push(path.strip_prefix(root).unwrap().to_owned());
        }
    }
    assert_eq!(judges, [Path::new(LIST)]);
}
