//! Repairs of a call that no token permits as it is.
//!
//! A presenter may change a call before it signs, because what it sends is what it signs. It changes
//! the spelling of paths, and not the place that they lead to: `..` stays, since links make its
//! meaning that of the server.

use deputize::text::Backticked;
use deputize::{Constraint, ConstraintError, PathFault, PermittedArgs, Request, Subpath, Value};

use crate::limits::{MAX_REPAIR_NOTES, MAX_REPAIR_WORK};

/// The arguments of a call that are paths.
#[derive(Debug, Default)]
pub(super) struct Paths(Vec<PathArgument>);

#[derive(Debug)]
struct PathArgument {
    name: String,
    /// True if no relative path is permitted.
    is_absolute: bool,
}

impl Paths {
    /// Returns the arguments that the tokens limit by `subpath`. If one of the alternatives is not a
    /// limit on paths, the argument may be something else, and stays as it is.
    pub(super) fn of(permitted: &PermittedArgs<'_>) -> Self {
        let mut work = MAX_REPAIR_WORK;
        let mut names: Vec<_> = permitted.names().collect();
        names.sort_unstable();
        names.dedup();
        let path = |name: &str| {
            let limits = permitted.limits_on(name, &mut work);
            let directories = || limits.iter().flatten().filter_map(|own| directory(own));
            let is_of_paths = limits.iter().all(|own| own.iter().any(|limit| is_of_paths(limit)));
            let is_absolute = directories().all(|own| own.as_str().starts_with('/'));
            let is_path = is_of_paths && directories().next().is_some();
            is_path.then(|| PathArgument { name: name.to_owned(), is_absolute })
        };
        Self(names.into_iter().filter_map(path).collect())
    }

    /// Returns the repaired requests to try for a call, the least changed first: without `null`, with
    /// tidy paths, and with paths below the base.
    pub(super) fn candidates(&self, request: &Request, base: Option<&Subpath>) -> Vec<Request> {
        let plain = request.clone().without_nulls().ok();
        let based = |text: &str| match text.starts_with('/') {
            true => tidy(text),
            false => base.and_then(|own| below(own, text)),
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

    fn changed(
        &self,
        request: &Request,
        change: impl Fn(&str) -> Option<String>,
    ) -> Option<Request> {
        let change_one = |own: Request, path: &PathArgument| own.with_texts(&path.name, &change);
        self.0.iter().try_fold(request.clone(), change_one).ok()
    }

    /// Returns notes about the paths of a call that is not sent, for the model that wrote them: the
    /// spelling that would have been sent, and its fault.
    pub(super) fn notes(&self, asked: &Request, tried: &Request) -> Vec<String> {
        let mut notes = Vec::new();
        for path in &self.0 {
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

impl PathArgument {
    /// Returns the fault of a path that no directory has, as the end of a sentence.
    fn fault(&self, text: &str) -> Option<String> {
        if segments(text).any(|own| own == "..") {
            let why = "has `..`, which is not resolved, since links make its meaning that of the server; write the path without it";
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

fn segments(text: &str) -> impl Iterator<Item = &str> {
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

/// Returns the absolute path of a relative one.
fn below(base: &Subpath, text: &str) -> Option<String> {
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
