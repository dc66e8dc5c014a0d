//! `deputize audit export --format tiles`: a log for a static file server.

use std::fs;

use deputize_audit::{Level, SignedCheckpoint, TilePath, TileWriter, decode_bundle, leaf_hash};

use crate::audit::shell;
use crate::shell::Outcome;

const EXPORT: &str = "deputize audit export log --format tiles";

#[test]
fn the_tree_is_that_of_the_entries() {
    let (shell, folder) = shell();
    let out = shell.done(&format!("{EXPORT} --output public/log"));
    assert_eq!(out, "exported 7 records without their values\n");
    let to = shell.path("public/log");
    let kept = fs::read(folder.join("checkpoint")).unwrap();
    assert_eq!(fs::read(to.join("checkpoint")).unwrap(), kept);
    let head = *SignedCheckpoint::parse(&kept).unwrap().claimed().head();
    let path = TilePath::in_tree(Level::Entries, 0, head.size()).unwrap();
    let bytes = fs::read(to.join(path.to_string())).unwrap();
    let mut tree = TileWriter::default();
    for entry in decode_bundle(&bytes).unwrap() {
        assert!(tree.push(leaf_hash(entry)).unwrap().is_empty());
    }
    assert_eq!(tree.head(), head);
    let tiles = tree.partial_tiles();
    assert_eq!(tiles.len(), 1);
    assert_eq!(fs::read(to.join(tiles[0].path.to_string())).unwrap(), tiles[0].bytes);
    assert_eq!(shell.run("grep -r accounts public").code, 1);
}

#[test]
fn errors_say_what_to_do() {
    let (shell, folder) = shell();
    shell.done("mkdir -p public && touch public/index.html");
    let text = fs::read_to_string(folder.join("segments/00000000.jsonl")).unwrap();
    for (command, why) in [
        (EXPORT.to_owned(), "--output <FOLDER>"),
        (format!("{EXPORT} --output public"), "--output: public: the folder is not empty"),
        (format!("{EXPORT} --output new --refused"), "a log is exported whole"),
        (
            "deputize audit export log --format ocsf --output new".to_owned(),
            "events go to standard output",
        ),
        ("deputize audit export nowhere --format tiles --output new".to_owned(), "there is no log"),
    ] {
        let Outcome { code, err, .. } = shell.run(&command);
        assert!(code == 2 && err.contains(why), "{command}: {err}");
        assert!(!shell.path("new").exists(), "{command}");
    }
    let changed = text.replacen("\"result\":\"done\"", "\"result\":\"failed\"", 1);
    fs::write(folder.join("segments/00000000.jsonl"), changed).unwrap();
    let Outcome { code, err, .. } = shell.run(&format!("{EXPORT} --output new"));
    assert!(code == 2 && err.contains("another root than the checkpoint"), "{err}");
    assert!(!shell.path("new/checkpoint").exists());
}
