//! The configuration of a guard, as `mcp doctor` examines it.

use std::fs;
use std::path::Path;

use deputize::text::{Backticked, Visible};
use deputize_guard::{ExaminedSource, GuardConfig, Place};
use schemars::JsonSchema;
use serde::Serialize;
use time::{Duration, OffsetDateTime};

use crate::input::{directory, revocation_list};
use crate::output::granted::at;
use crate::output::shell;
use crate::platform;

/// The configuration of a guard.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct GuardDiagnosis {
    /// The file.
    pub(super) file: String,
    /// The audience, if the file can be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) audience: Option<String>,
    /// True if calls are refused. False while the guard only observes.
    pub(super) enforces: bool,
    /// The time until which the guard observes, or did, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub(super) observes_until: Option<String>,
    /// True if decisions are recorded.
    pub(super) records: bool,
    /// What is wrong.
    pub(super) problems: Vec<String>,
    /// What is worth knowing.
    pub(super) notes: Vec<String>,
}

/// Examines the configuration of a guard and the files that it names. Nothing is fetched.
pub(super) fn examine(path: &Path, now: OffsetDateTime) -> GuardDiagnosis {
    let file = Visible(&path.to_string_lossy()).to_string();
    let mut found = GuardDiagnosis { file, ..GuardDiagnosis::default() };
    let config = match GuardConfig::read(path) {
        Ok(config) => config,
        Err(why) => {
            found.problems.push(why.to_string());
            return found;
        }
    };
    let examined = config.examine();
    found.audience = Some(config.audience().to_owned());
    found.enforces = examined.observes_until.is_none_or(|until| until <= now);
    found.observes_until = examined.observes_until.map(at);
    found.records = examined.is_recording;
    match examined.observes_until.map(|until| (until > now, at(until))) {
        Some((true, until)) => found
            .problems
            .push(format!("NOT ENFORCED: the guard observes, and refuses nothing before {until}")),
        Some((false, since)) => found.notes.push(format!("enforced since {since}")),
        None => {}
    }
    if !examined.is_recording {
        found
            .notes
            .push("decisions are not recorded, so nobody can show later what was done".to_owned());
    }
    found.problems.extend(examined.faults.iter().map(ToString::to_string));
    match examined.is_folder_made {
        true => found.problems.extend(of_folder(&examined.folder)),
        false if examined.faults.is_empty() => {
            found.notes.push("the folder is not there; the first start makes it".to_owned());
        }
        false => {}
    }
    for source in &examined.sources {
        match of_source(source, now) {
            Ok(note) => found.notes.push(note),
            Err(problem) => found.problems.push(problem),
        }
    }
    found
}

/// Returns what is wrong with the folder of a guard.
fn of_folder(folder: &Path) -> Option<String> {
    let shown = Backticked(&folder.to_string_lossy()).to_string();
    let metadata = match fs::metadata(folder) {
        Ok(metadata) => metadata,
        Err(why) => return Some(format!("the folder {shown}: {why}")),
    };
    let mode = platform::mode_open_to_others(&metadata)?;
    let word = shell::path(folder);
    Some(format!(
        "the folder {shown}: other users can read or change it (mode {mode:04o}); run `chmod 700 {word}`"
    ))
}

/// Returns the age of the statement in a file, or what is wrong with it.
fn of_source(source: &ExaminedSource, now: OffsetDateTime) -> Result<String, String> {
    let Place::File(path) = &source.place else {
        return Ok(format!("{}: fetched by the guard, and not examined", source.place));
    };
    let (issued, next) = match source.is_directory {
        true => {
            let own = directory::read(path).map_err(|why| why.to_string())?;
            (own.issued(), own.next_update())
        }
        false => {
            let own = revocation_list::read(path).map_err(|why| why.to_string())?;
            (own.issued(), own.next_update())
        }
    };
    let place = &source.place;
    // A statement of the future is not old.
    let age = now.unix_timestamp().saturating_sub(issued.unix_timestamp()).max(0);
    let age = Duration::seconds(age);
    let shown = format!("{place}: issued at {}, {} ago", at(issued), rounded(age));
    match age > source.max_stale {
        true => Err(format!(
            "{shown}, which is stale: at most {} are accepted",
            rounded(source.max_stale)
        )),
        false => Ok(format!("{shown}; the next is due at {}", at(next))),
    }
}

/// Returns a duration in its largest unit.
fn rounded(span: Duration) -> String {
    let (days, hours, minutes) = (span.whole_days(), span.whole_hours(), span.whole_minutes());
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{} s", span.whole_seconds()),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, _) => format!("{hours} h"),
        (days, _, _) => format!("{days} d"),
    }
}
