//! One reading of a source, in bounded time and space.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use crate::fetched::{FetchError, Fetched};
#[cfg(feature = "https")]
use crate::https::Https;
use crate::limits::MAX_STATEMENT_BYTES;
use crate::place::Place;

/// Reads one place again and again.
#[derive(Debug)]
pub(crate) struct Fetcher {
    place: Place,
    https: Option<Https>,
}

impl Fetcher {
    /// Creates the reader of a place. `roots` are the certificates of the authorities that are
    /// trusted instead of the public ones, in PEM.
    pub(crate) fn new(
        place: Place,
        deadline: Duration,
        roots: Option<&[u8]>,
    ) -> Result<Self, FetchError> {
        let https = match &place {
            Place::File(_) => None,
            Place::Https(url) => Some(Https::new(url.clone(), deadline, roots)?),
        };
        Ok(Self { place, https })
    }

    /// Returns the place.
    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// Reads the place once.
    pub(crate) fn read(&mut self) -> Result<Fetched, FetchError> {
        match (&self.place, &mut self.https) {
            (_, Some(https)) => https.get(),
            (Place::File(path), None) => read_file(path).map(Fetched::Content),
            (Place::Https(_), None) => Err(FetchError::WithoutHttps),
        }
    }

    /// Remembers that the content of the last reading was accepted. What was refused is read again
    /// even if it has not changed: the reason may have.
    pub(crate) fn keep(&mut self) {
        if let Some(https) = &mut self.https {
            https.keep();
        }
    }
}

fn read_file(path: &Path) -> Result<Vec<u8>, FetchError> {
    let error = |why: std::io::Error| FetchError::File { why: why.to_string() };
    // To open a pipe would wait for its other end.
    let metadata = fs::metadata(path).map_err(error)?;
    if !metadata.is_file() {
        return Err(FetchError::File { why: "it is not a regular file".to_owned() });
    }
    let limit = u64::try_from(MAX_STATEMENT_BYTES).unwrap_or(u64::MAX);
    if metadata.len() > limit {
        return Err(FetchError::TooLarge);
    }
    let mut content = Vec::new();
    let file = File::open(path).map_err(error)?;
    // It may have grown since.
    file.take(limit.saturating_add(1)).read_to_end(&mut content).map_err(error)?;
    match content.len() > MAX_STATEMENT_BYTES {
        true => Err(FetchError::TooLarge),
        false => Ok(content),
    }
}

/// The place of the client in a program that is built without it.
#[cfg(not(feature = "https"))]
#[derive(Debug)]
enum Https {}

#[cfg(not(feature = "https"))]
impl Https {
    fn new(_: url::Url, _: Duration, _: Option<&[u8]>) -> Result<Self, FetchError> {
        Err(FetchError::WithoutHttps)
    }

    fn keep(&mut self) {
        match *self {}
    }

    fn get(&mut self) -> Result<Fetched, FetchError> {
        match *self {}
    }
}
