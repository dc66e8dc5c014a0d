//! An examination of a configuration, which starts no guard.

use std::path::PathBuf;

use time::{Duration, OffsetDateTime};

use crate::config::{ConfigError, GuardConfig};
use crate::folder::Folder;
use crate::place::Place;
use crate::source::Source;
use crate::start::RevocationCheck;

/// The facts of a configuration that an operator should see, as [`GuardConfig::examine`] finds them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Examination {
    /// The reasons why a guard would not start.
    pub faults: Vec<ConfigError>,
    /// The time until which nothing is refused, if the guard observes. From then on it enforces.
    pub observes_until: Option<OffsetDateTime>,
    /// True if decisions are recorded.
    pub is_recording: bool,
    /// The file of the log's key.
    pub log_key: Option<PathBuf>,
    /// The folder of the guard.
    pub folder: PathBuf,
    /// True if a guard has used the folder.
    pub is_folder_made: bool,
    /// The places of the statements.
    pub sources: Vec<ExaminedSource>,
}

/// A place of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExaminedSource {
    /// The place. Nothing is fetched from it.
    pub place: Place,
    /// The age from which on its statement is stale.
    pub max_stale: Duration,
    /// True for an agent directory, and false for a revocation list.
    pub is_directory: bool,
}

impl GuardConfig {
    /// Examines the configuration and the files that it names. A guard that runs with it is not disturbed:
    /// nothing is made, locked or fetched.
    pub fn examine(&self) -> Examination {
        let mut faults = Vec::new();
        let mut keep = |why: Option<ConfigError>| faults.extend(why);
        keep(self.anchors().err());
        keep(self.log_key().err());
        let folder = self.path(&self.folder);
        let is_recording = self.log.record != Some(false);
        let is_folder_made = Folder::new(folder.clone()).is_made(Folder::parts(is_recording));
        keep(is_folder_made.as_ref().err().cloned());
        let mut sources = Vec::new();
        match (self.revocation_check(), self.revocation_sources()) {
            (Ok(RevocationCheck::Lists { max_stale }), Ok(own)) => {
                sources.extend(examined(&own, max_stale, false));
            }
            (Ok(RevocationCheck::Expiry { .. }), Ok(_)) => {}
            (Err(why), _) | (_, Err(why)) => keep(Some(why)),
        }
        match (&self.directory, self.directory_sources()) {
            (Some(own), Ok(places)) => sources.extend(examined(&places, own.max_stale.0, true)),
            (_, places) => keep(places.err()),
        }
        Examination {
            observes_until: self.observe.as_ref().map(|own| own.until.0),
            is_recording,
            log_key: self.log.key.as_ref().map(|path| self.path(path)),
            folder,
            is_folder_made: is_folder_made.unwrap_or(false),
            sources,
            faults,
        }
    }
}

fn examined(
    sources: &[Source],
    max_stale: Duration,
    is_directory: bool,
) -> impl Iterator<Item = ExaminedSource> {
    sources.iter().map(move |own| ExaminedSource {
        place: own.place.clone(),
        max_stale,
        is_directory,
    })
}
