//! Repairs of a call that no token permits as it is.
//!
//! A presenter may change a call before it signs, because what it sends is what it signs. It changes
//! the spelling of a call, and not its meaning: `..` stays, since links make its meaning that of the
//! server, and so does a `null` or a slash at the end that the server may read as something else.

use deputize::text::Backticked;
use deputize::{Constraint, ConstraintError, PathFault, PermittedArgs, Request, Subpath, Value};
use serde_json::Value as Json;

use crate::limits::{MAX_REPAIR_NOTES, MAX_REPAIR_WORK};
use crate::presenting::listed::Nulls;

/// The arguments of a call that may be repaired.
#[derive(Debug, Default)]
pub(super) struct Repairs {
    paths: Vec<PathArgument>,
    /// Those that are `null` and may be left out.
    nulls: Vec<String>,
}

#[derive(Debug)]
struct PathArgument {
    name: String,
    /// True if no relative path is permitted.
    is_absolute: bool,
    /// The granted directories.
    directories: Vec<String>,
}

impl Repairs {
    /// Returns what may be repaired in a call. `listed` is the schema of its tool, if it was listed.
    pub(super) fn of(
        permitted: &PermittedArgs<'_>,
        request: &Request,
        listed: Option<&Nulls>,
    ) -> Self {
        let mut work = MAX_REPAIR_WORK;
        let paths = paths(permitted, &mut work);
        let nulls = request.args().iter().filter(|(_, value)| value.is_null());
        let nulls = nulls.filter(|(name, _)| {
            let limits = permitted.limits_on(name, &mut work);
            let mut refuses =
                |limit: &Constraint| limit.permits_with(&Value::Null, &mut work) == Some(false);
            let is_refused = limits.iter().all(|own| own.iter().any(|limit| refuses(limit)));
            is_refused && listed.map_or(!limits.is_empty(), |own| own.mean_nothing(name))
        });
        Self { paths, nulls: nulls.map(|(name, _)| name.clone()).collect() }
    }

    /// Returns the repaired requests to try for a call, the least changed first: without `null`, with
    /// tidy paths, and with a path below the base.
    pub(super) fn candidates(&self, request: &Request, base: Option<&Subpath>) -> Vec<Request> {
        let plain = self.without_nulls(request);
        let base = base.filter(|_| self.may_be_based(request));
        let tidy = |path: &PathArgument, text: &str| path.tidy(text, None);
        let based = |path: &PathArgument, text: &str| match (text.starts_with('/'), base) {
            (true, _) => path.tidy(text, None),
            (false, base) => base.and_then(|own| path.tidy(text, Some(own))),
        };
        let all = [
            plain.clone(),
            self.changed(request, tidy),
            plain.as_ref().and_then(|own| self.changed(own, tidy)),
            self.changed(request, based),
            plain.as_ref().and_then(|own| self.changed(own, based)),
        ];
        let mut candidates: Vec<Request> = Vec::new();
        for own in all.into_iter().flatten() {
            if own != *request && !candidates.contains(&own) {
                candidates.push(own);
            }
        }
        candidates
    }

    fn without_nulls(&self, request: &Request) -> Option<Request> {
        let mut args = request.args().clone();
        args.retain(|name, _| !self.nulls.contains(name));
        request.clone().with_arg_map(args).ok()
    }

    /// Returns true if the one place in the call is a path that must be absolute. Beside another
    /// place, such as a `cwd`, a relative path may be relative to that.
    fn may_be_based(&self, request: &Request) -> bool {
        let mut given = self.paths.iter().filter(|own| !texts(request, &own.name).is_empty());
        let (Some(path), None) = (given.next(), given.next()) else { return false };
        let is_place = |text: &str| text.starts_with(['/', '~']);
        let own = texts(request, &path.name).iter().filter(|own| is_place(own)).count();
        path.is_absolute
            && request.args().values().map(|own| count(own, &is_place)).sum::<usize>() == own
    }

    fn changed(
        &self,
        request: &Request,
        change: impl Fn(&PathArgument, &str) -> Option<String>,
    ) -> Option<Request> {
        let change_one =
            |own: Request, path: &PathArgument| own.with_texts(&path.name, |own| change(path, own));
        self.paths.iter().try_fold(request.clone(), change_one).ok()
    }

    /// Returns notes about the paths of a call that is not sent, for the model that wrote them: the
    /// spelling that would have been sent, and its fault.
    pub(super) fn notes(&self, asked: &Request, tried: &Request) -> Vec<String> {
        let mut notes = Vec::new();
        for path in &self.paths {
            let argument = Backticked(&path.name);
            let [asked, tried] = [asked, tried].map(|own| texts(own, &path.name));
            for (asked, tried) in asked.iter().zip(&tried) {
                if asked != tried {
                    let [asked, tried] = [asked, tried].map(|own| Backticked(own));
                    notes.push(format!("{asked} in {argument} would be sent as {tried}"));
                }
                notes.extend(path.fault(tried).map(|own| format!("{argument} {own}")));
            }
        }
        notes.truncate(MAX_REPAIR_NOTES);
        notes
    }
}

/// Returns the arguments that the tokens limit by `subpath`. If one of the alternatives is not a limit
/// on paths, the argument may be something else, and stays as it is.
fn paths(permitted: &PermittedArgs<'_>, work: &mut usize) -> Vec<PathArgument> {
    let mut names: Vec<_> = permitted.names().collect();
    names.sort_unstable();
    names.dedup();
    let path = |name: &str| {
        let limits = permitted.limits_on(name, work);
        let all = |is: fn(&Constraint) -> bool| {
            limits.iter().all(|own| own.iter().any(|limit| is(limit)))
        };
        let directories = limits.iter().flatten().filter_map(|own| directory(own));
        let directories: Vec<_> = directories.map(|own| own.as_str().to_owned()).collect();
        (all(is_of_paths) && !directories.is_empty()).then(|| PathArgument {
            name: name.to_owned(),
            is_absolute: all(is_of_absolute_paths),
            directories,
        })
    };
    names.into_iter().filter_map(path).collect()
}

impl PathArgument {
    /// Returns the path without empty and `.` segments, and below the base if it has one; `None` if it
    /// is the same, or must stay.
    fn tidy(&self, text: &str, base: Option<&Subpath>) -> Option<String> {
        let tidy = match base {
            Some(base) => below(base, text)?,
            None => tidy(text)?,
        };
        // With a slash at the end, a link means what it leads to, and a new name a directory.
        let is_directory =
            || self.directories.contains(&tidy) || base.is_some_and(|own| own.as_str() == tidy);
        (!ends_as_directory(text) || is_directory()).then_some(tidy)
    }

    /// Returns the fault of a path that no directory has, as the end of a sentence.
    fn fault(&self, text: &str) -> Option<String> {
        if segments(text).any(|own| own == "..") {
            let why = "has `..`, which is not resolved, since links make its meaning that of the server; write the path without it";
            return Some(why.to_owned());
        }
        if text.len() > 1 && ends_as_directory(text) {
            let why = "ends in `/` or `/.`, with which it may be another place; write it without, or the granted directory itself";
            return Some(why.to_owned());
        }
        match text.parse::<Subpath>() {
            // A name may have a `*`, but not that of a granted directory.
            Ok(_) | Err(ConstraintError::Subpath { fault: PathFault::Wildcard, .. }) => {
                let is_relative = self.is_absolute && !text.starts_with('/');
                is_relative.then(|| "is relative; write it as an absolute path".to_owned())
            }
            Err(ConstraintError::Subpath { fault, .. }) => Some(fault.to_string()),
            Err(_) => None,
        }
    }
}

/// Returns the directory of a limit on a path, or on each path of a list.
fn directory(limit: &Constraint) -> Option<&Subpath> {
    match limit {
        Constraint::Subpath(own) => Some(own),
        Constraint::Each(own) => directory(own),
        _ => None,
    }
}

/// Returns true for a limit that permits only paths, or only values that it lists.
fn is_of_paths(limit: &Constraint) -> bool {
    match limit {
        Constraint::Subpath(_)
        | Constraint::Glob(_)
        | Constraint::Equals(_)
        | Constraint::OneOf(_)
        | Constraint::SubsetOf(_) => true,
        Constraint::Each(own) => is_of_paths(own),
        _ => false,
    }
}

/// Returns true for a limit that permits no relative path.
fn is_of_absolute_paths(limit: &Constraint) -> bool {
    let is_absolute = |value: &Value| matches!(value, Value::String(own) if own.starts_with('/'));
    match limit {
        Constraint::Subpath(own) => own.as_str().starts_with('/'),
        Constraint::Glob(own) => own.as_str().starts_with('/'),
        Constraint::Equals(value) => is_absolute(value),
        Constraint::OneOf(set) | Constraint::SubsetOf(set) => set.iter().all(is_absolute),
        Constraint::Each(own) => is_of_absolute_paths(own),
        _ => false,
    }
}

/// Counts the texts in a value. Depth is bounded by that of arguments.
fn count(json: &Json, is: &impl Fn(&str) -> bool) -> usize {
    match json {
        Json::String(text) => usize::from(is(text)),
        Json::Array(items) => items.iter().map(|own| count(own, is)).sum(),
        Json::Object(members) => members.values().map(|own| count(own, is)).sum(),
        _ => 0,
    }
}

/// Returns the texts of an argument.
fn texts(request: &Request, name: &str) -> Vec<String> {
    let text = |value: &Value| match value {
        Value::String(own) => Some(own.clone()),
        _ => None,
    };
    match request.arg(name) {
        Ok(Some(Value::List(items))) => items.iter().filter_map(text).collect(),
        Ok(Some(value)) => text(value).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn segments(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.split('/')
}

/// Returns the path without empty and `.` segments; `None` if it has none, or must stay.
fn tidy(text: &str) -> Option<String> {
    let tidy = match text.strip_prefix('/') {
        // Some systems look for another machine behind two slashes.
        Some(rest) if rest.starts_with('/') => return None,
        Some(rest) => format!("/{}", plain(rest)?),
        None => relative(text).filter(|own| !own.is_empty())?,
    };
    (tidy != text).then_some(tidy)
}

/// Returns true for a path with a slash or a `.` segment at its end.
fn ends_as_directory(text: &str) -> bool {
    matches!(segments(text).next_back(), Some("" | "."))
}

/// Returns the absolute path of a relative one. An empty one may mean that the argument is not set.
fn below(base: &Subpath, text: &str) -> Option<String> {
    if text.is_empty() {
        return None;
    }
    let base = base.as_str().trim_end_matches('/');
    Some(match relative(text)?.as_str() {
        "" if base.is_empty() => "/".to_owned(),
        "" => base.to_owned(),
        own => format!("{base}/{own}"),
    })
}

/// As [`plain`], for a path that does not begin with a slash.
fn relative(text: &str) -> Option<String> {
    let first = segments(text).next().unwrap_or_default();
    // To some readers, the home of a user, a drive or a URL.
    let is_elsewhere = first.starts_with('~') || first.contains(':');
    if is_elsewhere { None } else { plain(text) }
}

/// Returns the path without empty and `.` segments; `None` if it has `..`.
fn plain(text: &str) -> Option<String> {
    let mut left = Vec::new();
    for own in segments(text) {
        match own {
            "" | "." => {}
            ".." => return None,
            own => left.push(own),
        }
    }
    Some(left.join("/"))
}
