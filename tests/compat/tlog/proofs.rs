//! Both accept our proofs, and refuse altered ones.

use deputize_audit::{
    ConsistencyProof, Hash, InclusionProof, TileWriter, TiledHashes, TreeHead, leaf_hash,
};
use serde_json::{Value, json};

use crate::checkers::{Case, agree};
use crate::log::{Log, base64, record};

/// The head of the tree of the first records.
fn head(size: u64) -> TreeHead {
    let mut tree = TileWriter::default();
    (0..size).for_each(|number| drop(tree.push(leaf_hash(&record(number))).unwrap()));
    tree.head()
}

fn hashes(proof: &[Hash]) -> Value {
    proof.iter().map(|hash| base64(*hash)).collect()
}

/// The task, and others in which something is changed.
fn cases(what: &str, good: &Value, changes: &[(&str, Value)]) -> Vec<Case> {
    let mut cases = vec![Case { what: what.to_owned(), task: good.clone(), holds: true }];
    for (member, value) in changes {
        let mut task = good.clone();
        task[member] = value.clone();
        assert_ne!(&task, good);
        cases.push(Case { what: format!("{what}, other {member}"), task, holds: false });
    }
    cases
}

/// The hashes of a proof with one bit changed, with one more, and with one less.
fn altered(proof: &[Hash]) -> Vec<Value> {
    let mut altered = vec![hashes(&[proof, &[leaf_hash(b"more")]].concat())];
    if let Some((last, others)) = proof.split_last() {
        let mut bytes = last.to_bytes();
        bytes[31] ^= 1;
        altered.push(hashes(&[others, &[Hash::from_bytes(bytes)]].concat()));
        altered.push(hashes(others));
    }
    altered
}

#[test]
fn inclusion_and_consistency() {
    let (mut inclusion, mut consistency) = (Vec::new(), Vec::new());
    let other = base64(leaf_hash(b"other"));
    for size in [1, 2, 3, 255, 256, 257, 1_000, 65_537, 70_000] {
        let log = Log::new(&format!("proofs-{size}"), size);
        let (tiles, root) = (log.tiles(), base64(log.head.root()));
        let mut read = TiledHashes::new(size, &tiles);
        for index in [0, size / 3, size - 1] {
            let proof = InclusionProof::prove(index, size, &mut read).unwrap();
            let leaf = leaf_hash(&record(index));
            assert_eq!(proof.check(index, leaf, &log.head), Ok(()));
            let good = json!({
                "index": index, "size": size, "root": root, "leaf": base64(leaf),
                "proof": hashes(proof.hashes()),
            });
            let mut changes = vec![("root", json!(other)), ("leaf", json!(other))];
            changes.push(("index", json!((index + 1) % size.max(2))));
            changes.extend(altered(proof.hashes()).into_iter().map(|proof| ("proof", proof)));
            inclusion.extend(cases(&format!("{index} of {size}"), &good, &changes));
        }
        for older in [1, size / 3, size / 2, size - 1, size] {
            if older == 0 {
                continue;
            }
            let (proof, old) =
                (ConsistencyProof::prove(older, size, &mut read).unwrap(), head(older));
            assert_eq!(proof.check(&old, &log.head), Ok(()));
            let good = json!({
                "older": older, "oldRoot": base64(old.root()), "size": size, "root": root,
                "proof": hashes(proof.hashes()),
            });
            let mut changes = vec![("root", json!(other)), ("oldRoot", json!(other))];
            changes.extend(altered(proof.hashes()).into_iter().map(|proof| ("proof", proof)));
            consistency.extend(cases(&format!("{older} of {size}"), &good, &changes));
        }
    }
    agree("inclusion", &inclusion);
    agree("consistency", &consistency);
}
