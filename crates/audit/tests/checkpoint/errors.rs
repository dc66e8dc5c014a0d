//! Errors as people and programs read them.

use deputize::{CodedError, Signer};
use deputize_audit::{CheckpointError, Hash, Origin, TileError, TilePath, TreeError, Witness};

use crate::cast::{key, origin};

fn hash() -> Hash {
    Hash::EMPTY
}

fn tile() -> TilePath {
    "tile/0/001.p/44".parse().unwrap()
}

#[test]
fn errors_name_what_was_found_and_what_is_expected() {
    let (one, other) = (Box::new(key(1).public_key()), Box::new(key(2).public_key()));
    let other_log = Box::new(Origin::new(*one, [0xac; 16]));
    let errors: [(Box<dyn CodedError>, &str, &str); 20] = [
        (
            Box::new("x\u{202e}".parse::<Hash>().unwrap_err()),
            "tree_hash",
            r"`x\u{202e}` is not a hash; it must be 32 bytes in standard base64 with padding",
        ),
        (
            Box::new(TreeError::TooLarge { found: 1 << 48 }),
            "tree_too_large",
            "a tree has at most 281474976710655 leaves, not 281474976710656",
        ),
        (
            Box::new(TreeError::EdgeLength { size: 3, expected: 2, found: 1 }),
            "tree_edge_length",
            "the right edge of a tree of 3 leaves has 2 hashes, not 1",
        ),
        (
            Box::new(TreeError::NoLeaf { index: 5, size: 5 }),
            "tree_no_leaf",
            "a tree of 5 leaves has no leaf with the index 5",
        ),
        (
            Box::new(TreeError::NoSubtree { height: 2, index: 1, size: 5 }),
            "tree_no_subtree",
            "a tree of 5 leaves has no complete subtree 1 of height 2",
        ),
        (
            Box::new(TreeError::Shrunk { older: 5, newer: 4 }),
            "tree_shrunk",
            "a tree of 5 leaves is not the beginning of one of 4",
        ),
        (
            Box::new(TreeError::ProofLength { expected: 3, found: 2 }),
            "tree_proof_length",
            "the proof must have 3 hashes, and has 2",
        ),
        (
            Box::new(TreeError::OtherRoot { size: 5, expected: hash(), found: hash() }),
            "tree_other_root",
            "the proof leads to the root 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=, and that of the tree of 5 leaves is 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        ),
        (
            Box::new("tile/0".parse::<TilePath>().unwrap_err()),
            "tile_path",
            "`tile/0` is not the path of a tile; it must be `tile/LEVEL/INDEX` or `tile/entries/INDEX`, with the index as in `x001/x234/067`, and `.p/WIDTH` from 1 to 255 if it is partial",
        ),
        (
            Box::new(TileError::Missing { tile: tile() }),
            "tile_missing",
            "tile/0/001.p/44 is missing; make it anew from the records, or restore it",
        ),
        (
            Box::new(TileError::Length { tile: tile(), expected: 1_408, found: 0 }),
            "tile_length",
            "tile/0/001.p/44 must have 1408 bytes, and has 0; make it anew from the records, or restore it",
        ),
        (
            Box::new(TileError::EntryLength { entry: 1, found: 65_536 }),
            "bundle_entry_length",
            "entry 1 of the bundle has 65536 bytes, and may have 65535",
        ),
        (
            Box::new(TileError::EntryCount { found: 257 }),
            "bundle_entry_count",
            "a bundle has 1 to 256 entries, not 257",
        ),
        (
            Box::new(TileError::Cut { entry: 3 }),
            "bundle_cut",
            "the bundle ends within entry 3; it was cut, or is not a bundle",
        ),
        (
            Box::new("log".parse::<Origin>().unwrap_err()),
            "log_origin",
            "`log` is not the origin of a log; it must be `deputize/log/v1/KEY/ID`, with a public key in 64 hexadecimal digits in lower case, and an id in 32",
        ),
        (
            Box::new(CheckpointError::Lines { found: 4 }),
            "checkpoint_lines",
            "a checkpoint has 3 lines (origin, size and root), and this has 4",
        ),
        (
            Box::new(CheckpointError::OtherLog { expected: Box::new(origin()), found: other_log }),
            "checkpoint_other_log",
            "the checkpoint is of the log deputize/log/v1/8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c/acacacacacacacacacacacacacacacac, not of deputize/log/v1/8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c/abababababababababababababababab",
        ),
        (
            Box::new(CheckpointError::OtherKey { expected: one, found: other }),
            "checkpoint_other_key",
            "the checkpoints of this log are signed by ed25519/8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c, and the signer has the key ed25519/8139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b394",
        ),
        (
            Box::new("w+x".parse::<Witness>().unwrap_err()),
            "witness_key",
            "`w+x` is not the key of a witness; it must be `NAME+HASH+KEY` as its operator publishes it, with the type 0x04 (Ed25519 cosignatures)",
        ),
        (
            Box::new(CheckpointError::TooFewWitnesses { expected: 2, found: 1 }),
            "checkpoint_too_few_witnesses",
            "2 of the named witnesses must have cosigned the checkpoint, and 1 did",
        ),
    ];
    for (error, code, text) in errors {
        assert_eq!((error.code(), error.to_string().as_str()), (code, text));
    }
}
