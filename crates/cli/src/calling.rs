//! From options to a request.

use std::collections::BTreeSet;

use deputize::{Request, RequestError};
use serde_json::Value as Json;

use crate::args::CallArgs;
use crate::error::{Error, Shown};
use crate::file;

/// The call that the options describe.
///
/// # Errors
///
/// Where an option is missing or not what it should be.
pub fn request(args: &CallArgs) -> Result<Request, Error> {
    if let Some(path) = &args.request {
        let text = file::read("--request", path)?;
        return Request::from_json(&text).map_err(|e| file::error("--request", path, e));
    }
    let fields = [
        ("--operation", &args.operation),
        ("--resource", &args.resource),
        ("--audience", &args.audience),
    ];
    let missing: Vec<_> =
        fields.iter().filter(|(_, given)| given.is_none()).map(|(option, _)| *option).collect();
    let (Some(operation), Some(resource), Some(audience)) =
        (&args.operation, &args.resource, &args.audience)
    else {
        let sentence = format!("{} must be given, or --request FILE", missing.join(", "));
        return Err(Error::about("the request is incomplete", sentence));
    };
    let request =
        Request::new(operation, resource, audience).map_err(|e| Error::about("the request", e))?;
    request.with_args(&arguments(&args.arg)?).map_err(|e| Error::about("--arg", without_place(&e)))
}

/// All arguments as one text in JSON, which the library reads as strictly as a file.
fn arguments(args: &[String]) -> Result<String, Error> {
    let mut names = BTreeSet::new();
    let mut members = Vec::with_capacity(args.len());
    for arg in args {
        let Some((name, value)) = arg.split_once('=') else {
            let sentence = format!("`{}` has no value; write NAME=VALUE, as `limit=5`", Shown(arg));
            return Err(Error::about("--arg", sentence));
        };
        if !names.insert(name) {
            let sentence = format!("the argument `{}` is given twice", Shown(name));
            return Err(Error::about("--arg", sentence));
        }
        let is_json = serde_json::from_str::<serde::de::IgnoredAny>(value).is_ok();
        let value = if is_json { value.to_owned() } else { Json::from(value).to_string() };
        let member = format!("{}:{value}", Json::from(name));
        // By itself first, so that it can be told which one is wrong.
        Request::new("any", "any", "any")
            .and_then(|any| any.with_args(&format!("{{{member}}}")))
            .map_err(|e| Error::about(format_args!("--arg `{}`", Shown(name)), without_place(&e)))?;
        members.push(member);
    }
    Ok(format!("{{{}}}", members.join(",")))
}

/// What is wrong, without the place in a text that nobody wrote.
fn without_place(error: &RequestError) -> String {
    let told = Shown(&error.to_string()).to_string();
    told.split_once(" at line ").map_or(told.clone(), |(before, _)| before.to_owned())
}
