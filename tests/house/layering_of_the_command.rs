//! Modules import only what stands above them in `lib.rs`.

use std::fs;
use std::path::Path;

#[test]
fn modules_import_only_what_stands_above_them() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/cli/src");
    let lib = fs::read_to_string(source.join("lib.rs")).unwrap();
    let modules: Vec<_> =
        lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    assert!(modules.len() > 20);
    for (at, module) in modules.iter().enumerate() {
        // A module that is a folder is looked at by its own entry alone.
        let file = [format!("{module}.rs"), format!("{module}/mod.rs")];
        let file = file.iter().map(|f| source.join(f)).find(|f| f.exists()).unwrap();
        let text = fs::read_to_string(file).unwrap();
        for below in modules.iter().skip(at) {
            assert!(
                !text.contains(&format!("crate::{below}")),
                "`{module}` imports `{below}`, which does not stand above it"
            );
        }
    }
}
