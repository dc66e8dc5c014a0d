//! Modules import upwards: from modules that `lib.rs` declares before them, and from no others.

use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn modules_of_the_library_import_upwards() {
    require_order("src");
}

#[test]
fn modules_of_the_command_import_upwards() {
    require_order("crates/cli/src");
}

fn require_order(folder: &str) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let lib = fs::read_to_string(source.join("lib.rs")).unwrap();
    let order: Vec<_> = lib.lines().filter_map(declared).collect();
    assert!(order.len() > 15, "{folder} declares {order:?}");
    let place = |name: &str| order.iter().position(|own| *own == name);
    let mut wrong = Vec::new();
    for file in rust_files(&source) {
        // Files in a folder belong to the module of that name.
        let inner = file.strip_prefix(&source).unwrap().with_extension("");
        let own = inner.iter().next().unwrap().to_str().unwrap();
        let Some(own) = place(own) else {
            assert!(["lib", "main"].contains(&own), "`lib.rs` does not declare {own}");
            continue;
        };
        for used in imports(&fs::read_to_string(&file).unwrap()) {
            // Other names are exports of `lib.rs`, which hide the module that they come from.
            if place(&used).is_none_or(|used| used > own) {
                wrong.push(format!("{} imports {used}", inner.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The name in `mod name;` or `pub mod name;`.
fn declared(line: &str) -> Option<&str> {
    let line = line.strip_prefix("pub ").unwrap_or(line);
    line.strip_prefix("mod ")?.strip_suffix(';')
}

/// The first name after every `crate::` outside comments.
fn imports(text: &str) -> Vec<String> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let code: Vec<_> = code.collect();
    let code = code.join("\n");
    let behind = code.split("crate::").skip(1).map(|rest| {
        assert!(!rest.starts_with('{'), "one module an import: crate::{rest:.40}");
        rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    });
    behind.collect()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.flat_map(|path| if path.is_dir() { rust_files(&path) } else { vec![path] });
    files.filter(|path| path.extension().is_some_and(|e| e == "rs")).collect()
}

#[test]
fn declarations_and_imports_are_read_from_the_sources() {
    assert_eq!(declared("pub mod limits;"), Some("limits"));
    assert_eq!(declared("mod key;"), Some("key"));
    assert_eq!(declared("pub use key::PublicKey;"), None);
    let text = "use crate::a::B;\n/// [`C`](crate::C)\nfn f() { crate::d_e::f() }";
    assert_eq!(imports(text), ["a", "d_e"]);
}
