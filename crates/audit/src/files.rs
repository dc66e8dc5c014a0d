//! The files of a log, wherever they are kept.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::tiles::{ReadTile, TileError, TilePath};

/// The files of a log, by their names in its folder, such as `segments/00000000.jsonl`.
pub trait LogFiles {
    /// Opens a file to read it; `None` if there is none of this name.
    ///
    /// # Errors
    ///
    /// As the store of the files.
    fn open(&self, name: &str) -> io::Result<Option<Box<dyn Read + '_>>>;
}

/// Opens a file, `None` if there is none. Anything else than a file is refused before it is opened: a
/// pipe would wait for its writer, and a device has no end.
pub(crate) fn open_file(path: &Path) -> io::Result<Option<File>> {
    let found = match fs::metadata(path) {
        Err(why) if why.kind() == ErrorKind::NotFound => return Ok(None),
        found => found?,
    };
    match found.is_file() {
        true => File::open(path).map(Some),
        false => Err(io::Error::new(ErrorKind::InvalidInput, "this is not a file")),
    }
}

/// The files of a log in its folder.
#[derive(Debug, Clone)]
pub struct FolderFiles {
    folder: PathBuf,
}

impl FolderFiles {
    /// Names the folder. Nothing is read.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }
}

impl LogFiles for FolderFiles {
    fn open(&self, name: &str) -> io::Result<Option<Box<dyn Read + '_>>> {
        match open_file(&self.folder.join(name))? {
            Some(file) => Ok(Some(Box::new(file))),
            None => Ok(None),
        }
    }
}

/// Files in memory.
impl LogFiles for BTreeMap<String, Vec<u8>> {
    fn open(&self, name: &str) -> io::Result<Option<Box<dyn Read + '_>>> {
        match self.get(name) {
            Some(bytes) => Ok(Some(Box::new(bytes.as_slice()))),
            None => Ok(None),
        }
    }
}

/// The tiles among the files of a log.
#[derive(Debug)]
pub(crate) struct TilesOf<'f, F: ?Sized>(pub(crate) &'f F);

impl<F: LogFiles + ?Sized> Clone for TilesOf<'_, F> {
    fn clone(&self) -> Self {
        Self(self.0)
    }
}

impl<F: LogFiles + ?Sized> ReadTile for TilesOf<'_, F> {
    fn read_tile(&self, path: &TilePath) -> Result<Option<Vec<u8>>, TileError> {
        let error = |why: io::Error| TileError::Read { tile: *path, why: why.to_string() };
        let Some(file) = self.0.open(&path.to_string()).map_err(error)? else { return Ok(None) };
        let mut bytes = Vec::new();
        // A tile has at most 256 hashes; one byte more shows that it is too long.
        file.take(8193).read_to_end(&mut bytes).map_err(error)?;
        Ok(Some(bytes))
    }
}
