//! `deputize mcp uninstall`: a server of a client without its presenter.

use clap::Args;
use deputize::text::Backticked;

use crate::clients::{ConfigFile, Document, PlaceArgs, uninstall};
use crate::output::{Error, Outcome, Output};

/// The example in the help.
pub const EXAMPLE: &str = "\
The entry becomes what it was, byte for byte, unless it was edited since. Then the presenter is
taken away, and the rest of the entry stays.

Example:
  deputize mcp uninstall --client cursor --server files";

/// The options of `mcp uninstall`.
#[derive(Debug, Args)]
pub struct UninstallArgs {
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    /// The name of the server in the configuration.
    #[arg(long, value_name = "NAME")]
    pub(crate) server: String,
}

/// Takes the presenter away.
///
/// # Errors
///
/// If the server has none, or the configuration cannot be edited.
pub fn run(args: &UninstallArgs, output: &Output) -> Result<Outcome, Error> {
    let config = ConfigFile::of(&args.place)?;
    let (client, name) = (args.place.client, args.server.as_str());
    let locked = config.lock()?;
    let error = |why: String| config.error(why);
    let text = locked.text().map_err(error)?;
    let document = Document::parse(text, client).map_err(error)?;
    let about = |why: String| config.error(format_args!("server {}: {why}", Backticked(name)));
    let server = document.server(name).map_err(error)?;
    if server.starts().map_err(about)?.is_err() {
        output.note(format_args!("{} has no presenter; nothing was changed", Backticked(name)));
        return Ok(Outcome::Done);
    }
    let originals = locked.originals().read()?;
    let without = uninstall(text, client, name, &originals).map_err(about)?;
    locked.replace(&without.text)?;
    locked.originals().forget_others(&without.text, client)?;
    let done = match without.is_as_it_was {
        true => "is as it was, without a presenter",
        false => "has no presenter any more; the entry may be spelled in another way than before",
    };
    output.note(format_args!(
        "{} in {} {done}; restart the client",
        Backticked(name),
        Backticked(&config.path().to_string_lossy())
    ));
    Ok(Outcome::Done)
}
