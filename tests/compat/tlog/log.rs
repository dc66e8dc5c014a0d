//! Logs in folders.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use deputize::{Signer, SigningKey};
use deputize_audit::{
    Checkpoint, FolderTiles, Hash, Level, Origin, SignedCheckpoint, Tile, TilePath, TileWriter,
    TreeHead, encode_bundle, leaf_hash,
};
use sha2::{Digest, Sha256};

use crate::checkers::folder;

/// The key whose seed is 32 times this byte.
pub(crate) fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

pub(crate) fn origin() -> Origin {
    Origin::new(key(1).public_key(), [0xab; 16])
}

pub(crate) fn signed(head: TreeHead) -> SignedCheckpoint {
    Checkpoint::new(origin(), head).sign(&key(1)).unwrap()
}

/// A key with this name in the text form of notes, without our code.
pub(crate) fn verifier(name: &str, kind: u8, seed: u8) -> String {
    let key = [&[kind][..], &key(seed).public_key().to_bytes()].concat();
    let hash = Sha256::digest([name.as_bytes(), b"\n", &key].concat());
    format!("{name}+{}+{}", hex::encode(&hash[..4]), STANDARD.encode(key))
}

pub(crate) fn base64(hash: Hash) -> String {
    hash.to_string()
}

/// Records of different lengths, among them an empty one.
pub(crate) fn record(number: u64) -> Vec<u8> {
    let length = number as usize * 37 % 90;
    format!("{number} ").repeat(45).into_bytes()[..length].to_vec()
}

/// A log in a folder, with tiles, entry bundles and a checkpoint.
pub(crate) struct Log {
    pub(crate) folder: PathBuf,
    pub(crate) head: TreeHead,
}

impl Log {
    /// A log of this many records, in a new folder.
    pub(crate) fn new(name: &str, size: u64) -> Self {
        let folder = empty(name);
        let (tiles, mut tree) = (FolderTiles::new(&folder), TileWriter::default());
        for number in 0..size {
            tiles.write(&tree.push(leaf_hash(&record(number))).unwrap()).unwrap();
        }
        tiles.write(&tree.partial_tiles()).unwrap();
        let paths = (0..).map_while(|index| TilePath::in_tree(Level::Entries, index, size));
        for path in paths {
            let first = path.index() * 256;
            let records = (first..first + u64::from(path.width())).map(record);
            let bytes = encode_bundle(&records.collect::<Vec<_>>()).unwrap();
            tiles.write(&[Tile { path, bytes }]).unwrap();
        }
        fs::write(folder.join("checkpoint"), signed(tree.head()).to_string()).unwrap();
        Self { folder, head: tree.head() }
    }

    pub(crate) fn tiles(&self) -> FolderTiles {
        FolderTiles::new(&self.folder)
    }

    /// A copy in which one bit of a file is changed.
    pub(crate) fn altered(&self, name: &str, file: &str) -> PathBuf {
        let to = empty(name);
        copy(&self.folder, &to);
        let file = to.join(file);
        let mut bytes = fs::read(&file).unwrap();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        fs::write(file, bytes).unwrap();
        to
    }
}

pub(crate) fn empty(name: &str) -> PathBuf {
    let folder = folder("logs").join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let (path, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if path.is_dir() {
            fs::create_dir(&to).unwrap();
            copy(&path, &to);
        } else {
            fs::copy(&path, &to).unwrap();
        }
    }
}
