//! Tiles in a folder.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::tiles::error::TileError;
use crate::tiles::path::TilePath;
use crate::tiles::read::ReadTile;
use crate::tiles::tile::{Tile, most_bytes};

/// A folder with tiles, as a web server can serve it. One process writes at a time: the caller
/// locks.
///
/// A tile is written beside its place and then renamed, so that readers see all of it or nothing.
/// Nothing is synced: that is the caller's part, which knows what must survive, and when
/// ([`Written`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderTiles {
    folder: PathBuf,
}

/// The files and folders that the caller has to sync: the files, then the folders that name them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// The tiles.
    pub files: Vec<PathBuf>,
    /// The folders of these files, and those in which a folder was made.
    pub folders: BTreeSet<PathBuf>,
}

impl FolderTiles {
    /// Names the folder, in which `tile/` lies, or will. Nothing is read or written.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Writes tiles. One that is there with other bytes is replaced: after a crash it may be
    /// damaged.
    ///
    /// # Errors
    ///
    /// [`TileError::Write`]; the tiles before the one that failed are written.
    pub fn write(&self, tiles: &[Tile]) -> Result<Written, TileError> {
        let mut written = Written::default();
        for tile in tiles {
            let path = self.place(&tile.path);
            let error =
                |error: io::Error| TileError::Write { path: path.clone(), why: error.to_string() };
            let Some(folder) = path.parent() else { continue };
            make_folders(folder, &mut written.folders).map_err(error)?;
            // What is there may be synced, and a checkpoint may need it.
            if self.read_tile(&tile.path).ok().flatten().as_ref() != Some(&tile.bytes) {
                replace(&path, &tile.bytes).map_err(error)?;
            }
            written.folders.insert(folder.to_owned());
            written.files.push(path);
        }
        Ok(written)
    }

    /// Deletes the partial tiles of the tree of `older` leaves that the tree of `newer` leaves does
    /// not need. Full tiles are never deleted, and what is not there is no error.
    ///
    /// Call it only when the checkpoint of the newer tree is on the disk. The tiles of the newer
    /// tree serve proofs for the older one ([`TiledHashes`](crate::TiledHashes)). A published log
    /// keeps partial tiles until they are full, for readers of earlier checkpoints (C2SP
    /// `tlog-tiles`).
    ///
    /// # Errors
    ///
    /// [`TileError::Write`].
    pub fn remove_outdated(&self, older: u64, newer: u64) -> Result<(), TileError> {
        let needed: Vec<_> = TilePath::partial(newer).collect();
        for path in TilePath::partial(older).filter(|path| !needed.contains(path)) {
            let path = self.place(&path);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(TileError::Write { path, why: error.to_string() });
                }
                // The folder stays while it has others.
                _ => drop(path.parent().map(fs::remove_dir)),
            }
        }
        Ok(())
    }

    fn place(&self, path: &TilePath) -> PathBuf {
        self.folder.join(path.to_string())
    }
}

impl ReadTile for FolderTiles {
    fn read_tile(&self, path: &TilePath) -> Result<Option<Vec<u8>>, TileError> {
        let read = |error: io::Error| TileError::Read { tile: *path, why: error.to_string() };
        let place = self.place(path);
        // Before it is opened: opening a pipe would wait for a writer.
        match fs::metadata(&place) {
            Err(error) if is_nothing(&error) => return Ok(None),
            Err(error) => return Err(read(error)),
            Ok(found) if !found.is_file() => {
                return Err(read(io::Error::new(ErrorKind::InvalidInput, "it is not a file")));
            }
            Ok(_) => {}
        }
        let mut bytes = Vec::new();
        let most = most_bytes(path);
        let file = File::open(place).map_err(read)?;
        file.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(read)?;
        match u64::try_from(bytes.len()).is_ok_and(|length| length <= most) {
            true => Ok(Some(bytes)),
            false => Err(read(io::Error::new(ErrorKind::FileTooLarge, "it is too long"))),
        }
    }
}

/// Returns true if there is no such file, also where a file is in the place of a folder.
fn is_nothing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// Makes a folder and those above it that are missing, and collects the folders in which they are.
fn make_folders(folder: &Path, changed: &mut BTreeSet<PathBuf>) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(above) = folder.parent().filter(|above| !above.as_os_str().is_empty()) {
        make_folders(above, changed)?;
        changed.insert(above.to_owned());
    }
    fs::create_dir(folder)
}

/// Writes a file beside its place, and moves it there.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // The caller lets one process write at a time, so what has this name was left by a crash.
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".new");
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(&temporary)?;
    file.write_all(bytes)?;
    drop(file);
    fs::rename(&temporary, path)
}
