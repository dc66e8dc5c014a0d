//! `deputize mint`: the first link of a chain.

use deputize::{Owner, Token};

use crate::args::MintArgs;
use crate::error::{Error, Outcome};
use crate::granting;
use crate::keys;
use crate::output::Output;
use crate::when;

/// Prints a token with one hop.
///
/// # Errors
///
/// Where an option is not what it should be, or the library refuses the grant.
pub fn run(args: &MintArgs, output: &Output) -> Result<Outcome, Error> {
    let now = when::now(args.at.at.as_deref())?;
    let owner =
        Owner::new(&args.owner, args.owner_kind.into()).map_err(|e| Error::about("--owner", e))?;
    let grant = granting::grant(&args.grant, None, now)?;
    let key = keys::of(&args.key)?;
    let token = Token::mint(owner, &key, grant, now).map_err(Error::new)?;
    granting::print(&token, output)?;
    Ok(Outcome::Done)
}
