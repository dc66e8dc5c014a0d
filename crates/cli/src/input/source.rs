//! Files that options name, and standard input.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::platform;

/// The reader of standard input, which a process can read only once.
static READER: Mutex<Option<String>> = Mutex::new(None);

/// An open file, or standard input.
pub struct Source {
    reader: Box<dyn Read + Send>,
    metadata: Option<Metadata>,
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").field("metadata", &self.metadata).finish_non_exhaustive()
    }
}

impl Source {
    /// Opens the file with this name, or standard input for `-`. A file that is named `-` is `./-`.
    /// `reader` is what reads it, such as `--key`.
    ///
    /// # Errors
    ///
    /// If the file cannot be opened, or standard input was read already.
    pub fn open(path: &Path, reader: &str) -> Result<Self, String> {
        if path.as_os_str() == "-" {
            return Self::standard_input(reader);
        }
        let file = File::open(path).map_err(|e| e.to_string())?;
        let metadata = file.metadata().map_err(|e| e.to_string())?;
        Ok(Self { reader: Box::new(file), metadata: Some(metadata) })
    }

    /// Opens standard input for `reader`.
    ///
    /// # Errors
    ///
    /// If it was read already.
    pub fn standard_input(reader: &str) -> Result<Self, String> {
        let mut first = READER.lock().unwrap_or_else(PoisonError::into_inner);
        match &*first {
            Some(first) => Err(format!(
                "standard input was read already, for {first}; give one of the two as a file"
            )),
            None => {
                *first = Some(reader.to_owned());
                Ok(match platform::stdin_file() {
                    Some(file) => {
                        let metadata = file.metadata().ok();
                        Self { reader: Box::new(file), metadata }
                    }
                    None => Self { reader: Box::new(io::stdin()), metadata: None },
                })
            }
        }
    }

    /// Returns the metadata of the file, if the system has it.
    pub fn metadata(&self) -> Option<&Metadata> {
        self.metadata.as_ref()
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer)
    }
}
