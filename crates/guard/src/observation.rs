//! The end of an observation, over restarts.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use deputize::Observer;
use deputize::text::rfc3339;
use time::{Duration, OffsetDateTime};

use crate::config::{ConfigError, GuardConfig, ObserveUntil, rfc3339_text};
use crate::guard::Recording;

/// Returns the observer of a guard that observes. `warn` gets the lines that must be shown at every start.
pub(crate) fn observer(
    config: &GuardConfig,
    folder: &Path,
    recording: &Recording,
    now: OffsetDateTime,
    warn: impl Fn(&str),
) -> Result<Option<Observer>, ConfigError> {
    let until = match (config.observed, config.observe_until()) {
        (Some(ObserveUntil::Time(time)), _) => time,
        (Some(ObserveUntil::AfterFirstStart(time)), _) => kept_end(folder, time, now)?,
        (None, Some(time)) => time,
        (None, None) => return Ok(None),
    };
    let error = |why: &dyn std::fmt::Display| ConfigError::of("observe.until", why);
    let observer = Observer::new(until, now, &warn).map_err(|why| error(&why))?;
    if now >= until {
        return Ok(Some(observer));
    }
    match recording {
        Recording::In(log) => {
            // A clock that was set back while no guard ran does not prolong the observation.
            if let Some(latest) = log.log().latest().map_err(|why| error(&why))? {
                observer.seen(latest);
                if !observer.is_observing(now) {
                    let latest = rfc3339_text(latest);
                    warn(&format!(
                        "deputize: the log has a record of {latest}, which is later than the clock: refusals are enforced until the clock shows a later time"
                    ));
                    return Ok(Some(observer));
                }
            }
            warn(
                "WARNING: calls without a token go out, too; their records are charged to nobody, and only the first of a minute have one each",
            );
        }
        Recording::Nothing => warn(
            "WARNING: calls without a token go out, too, and nothing is recorded; after a restart, a clock that was set back prolongs the observation",
        ),
    }
    Ok(Some(observer))
}

/// Returns the end that the folder keeps, or this long from now if that is earlier. The folder keeps it from
/// then on.
fn kept_end(
    folder: &Path,
    time: Duration,
    now: OffsetDateTime,
) -> Result<OffsetDateTime, ConfigError> {
    let path = folder.join("observe");
    let error = |why: &dyn std::fmt::Display| {
        ConfigError::of("observe.until", format_args!("the file `observe` of the folder: {why}"))
    };
    let kept = match fs::read_to_string(&path) {
        Ok(text) => {
            // One that cannot be read must not begin another observation.
            let kept = rfc3339(text.trim_end());
            Some(kept.ok_or_else(|| error(&"it has no time in RFC 3339"))?)
        }
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => None,
        Err(why) => return Err(error(&why)),
    };
    let asked = now.saturating_add(time);
    let end = kept.map_or(asked, |kept| kept.min(asked));
    if kept != Some(end) {
        let temporary = folder.join("observe.new");
        let write = || -> std::io::Result<()> {
            let mut file = File::create(&temporary)?;
            writeln!(file, "{}", rfc3339_text(end))?;
            file.sync_all()?;
            drop(file);
            fs::rename(&temporary, &path)?;
            // A folder cannot be synced elsewhere.
            #[cfg(unix)]
            File::open(folder)?.sync_all()?;
            Ok(())
        };
        write().map_err(|why| error(&why))?;
    }
    // As it is kept: in whole seconds.
    Ok(rfc3339(&rfc3339_text(end)).unwrap_or(end))
}
