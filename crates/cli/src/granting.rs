//! From options to a grant.

use deputize::limits::{MAX_HOPS, MAX_TOKEN_BYTES};
use deputize::{Capability, Grant, Principal, PrincipalKind, Token};
use time::OffsetDateTime;

use crate::allow;
use crate::args::GrantArgs;
use crate::error::{Error, Shown};
use crate::file;
use crate::grant_file::GrantFile;
use crate::keys;
use crate::output::Output;
use crate::when::When;

/// The grant that the options describe. What they leave out is taken from `parent`, since the
/// library takes silence for a widening.
///
/// # Errors
///
/// Where an option is not what it should be, with its name.
pub fn grant(
    args: &GrantArgs,
    parent: Option<&Grant>,
    now: OffsetDateTime,
) -> Result<Grant, Error> {
    let when = |option: &str, text: &str| {
        let when: When = text.parse().map_err(|e| Error::about(option, e))?;
        when.from(now).map_err(|e| Error::about(option, e))
    };
    let expires = when("--expires", &args.expires)?;
    let to = delegate(&args.to, args.to_kind.into())?;
    let mut grant = Grant::new(to, capabilities(args)?, expires, &args.purpose)
        .map_err(Error::new)?
        .with_max_hops(args.max_hops);
    let not_before = match &args.not_before {
        Some(text) => Some(when("--not-before", text)?),
        None => parent.and_then(Grant::not_before),
    };
    if let Some(not_before) = not_before {
        let option = if args.not_before.is_some() { "--not-before" } else { "--expires" };
        grant = grant.with_not_before(not_before).map_err(|e| Error::about(option, e))?;
    }
    let inherited = parent.and_then(Grant::audience);
    if !args.audience.is_empty() {
        grant = grant.with_audience(&args.audience).map_err(|e| Error::about("--audience", e))?;
    } else if let Some(inherited) = inherited {
        grant = grant.with_audience(inherited).map_err(Error::new)?;
    }
    if !args.delegates.is_empty() {
        let keys: Result<Vec<_>, _> =
            args.delegates.iter().map(|key| keys::public_key("--delegates", key)).collect();
        grant = grant.with_allowed_delegates(keys?).map_err(|e| Error::about("--delegates", e))?;
    } else if let Some(inherited) = parent.and_then(Grant::allowed_delegates) {
        grant = grant.with_allowed_delegates(inherited.iter().copied()).map_err(Error::new)?;
    }
    Ok(grant)
}

/// Prints the token, with a word on standard error where few will accept it.
///
/// # Errors
///
/// Where it cannot be written.
pub fn print(token: &Token, output: &Output) -> Result<(), Error> {
    let (text, hops) = (token.to_text(), token.hops().len());
    if hops > MAX_HOPS {
        output.note(format_args!(
            "note: the chain has {hops} hops, and verifiers accept {MAX_HOPS} unless told otherwise; `deputize verify` accepts no more"
        ));
    }
    if text.len() > MAX_TOKEN_BYTES {
        let length = text.len();
        output.note(format_args!(
            "note: the token has {length} bytes, and verifiers accept {MAX_TOKEN_BYTES} unless told otherwise; `deputize verify` accepts no more"
        ));
    }
    output.print(text)
}

/// What `NAME=KEY` names.
fn delegate(text: &str, kind: PrincipalKind) -> Result<Principal, Error> {
    let Some((name, key)) = text.split_once('=') else {
        let sentence =
            format!("`{}` has no key; write NAME=KEY, as `planner=planner.pub`", Shown(text));
        return Err(Error::about("--to", sentence));
    };
    Principal::new(name, kind, keys::public_key("--to", key)?).map_err(|e| Error::about("--to", e))
}

fn capabilities(args: &GrantArgs) -> Result<Vec<Capability>, Error> {
    let parsed = args.allow.iter().map(|text| allow::parse(text));
    let mut all: Vec<_> =
        parsed.collect::<Result<_, _>>().map_err(|e| Error::about("--allow", e))?;
    for path in &args.capabilities {
        let text = file::read("--capabilities", path)?;
        let read =
            GrantFile::from_json(&text).map_err(|e| file::error("--capabilities", path, e))?;
        all.extend(read.capabilities);
    }
    Ok(all)
}
