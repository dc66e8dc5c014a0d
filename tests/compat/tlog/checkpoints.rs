//! Both read our checkpoints, and refuse altered ones.

use deputize_audit::{Hash, MAX_TREE_SIZE, TreeHead, leaf_hash};
use serde_json::json;

use crate::checkers::{Case, agree};
use crate::log::{base64, origin, signed, verifier};

fn case(what: &str, note: &str, size: u64, root: Hash, holds: bool) -> Case {
    let name = origin().to_string();
    let key = verifier(&name, 1, 1);
    let task =
        json!({"note": note, "key": key, "origin": name, "size": size, "root": base64(root)});
    Case { what: format!("{what}, {size}"), task, holds }
}

#[test]
fn checkpoints() {
    let mut cases = Vec::new();
    for size in [1, 2, 255, 256, 257, 70_000, MAX_TREE_SIZE] {
        let root = leaf_hash(&size.to_be_bytes());
        let note = signed(TreeHead::new(size, root).unwrap()).to_string();
        let other = note.replace(&format!("\n{size}\n"), &format!("\n{}\n", size + 1));
        let other_root = note.replace(&base64(root), &base64(leaf_hash(b"other")));
        let other_log = note.replacen("ababab", "ababac", 1);
        cases.extend([
            case("ours", &note, size, root, true),
            case("of another size", &other, size + 1, root, false),
            case("of another root", &other_root, size, leaf_hash(b"other"), false),
            case("of another log", &other_log, size, root, false),
            case("without signatures", note.split_once("\n\n").unwrap().0, size, root, false),
        ]);
    }
    let empty = signed(TreeHead::EMPTY).to_string();
    cases.push(case("without records", &empty, 0, Hash::EMPTY, true));
    agree("notes", &cases);
}
