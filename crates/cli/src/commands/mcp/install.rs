//! `deputize mcp install`: a presenter in front of a server of a client.

use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args, Command};
use deputize::Subpath;
use deputize::text::Backticked;
use time::OffsetDateTime;

use crate::clients::{
    Behind, Client, ConfigFile, Document, Held, PlaceArgs, Presenting, install, own_program,
    uninstall,
};
use crate::commands::mcp_present::{McpPresentArgs, absolute};
use crate::input::keys::KeyArgs;
use crate::input::trust::HolderTrustArgs;
use crate::output::shell;
use crate::output::usage::sentence;
use crate::output::{Error, Outcome, Output};

/// The example in the help.
pub const EXAMPLE: &str = "\
The key and the token are checked first: a presenter that could present nothing is not installed.
The client reads its configuration when it starts.

Example:
  deputize mcp install --client cursor --server files --audience fs.acme.com \\
    --key planner.key --token @planner.token --trust alice.pub=alice@acme.com";

/// The options of `mcp install`.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("held").args(["token", "wallet"]).required(true)))]
pub struct InstallArgs {
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    /// The name of the server in the configuration.
    #[arg(long, value_name = "NAME")]
    pub(crate) server: String,
    #[command(flatten)]
    pub(crate) key: KeyArgs,
    #[command(flatten)]
    pub(crate) trust: HolderTrustArgs,
    /// The token to present, as @FILE.
    #[arg(long, value_name = "@FILE")]
    pub(crate) token: Option<String>,
    /// Present the narrowest token of this wallet that permits a call. Needs --trust.
    #[arg(long, value_name = "DIR", requires = "trust")]
    pub(crate) wallet: Option<PathBuf>,
    /// The audience of the server. It must be that of its guard.
    #[arg(long, value_name = "NAME")]
    pub(crate) audience: String,
    /// Make relative paths absolute below this directory of the server, as `mcp-present --base` does.
    #[arg(long, value_name = "DIR", value_parser = absolute)]
    pub(crate) base: Option<Subpath>,
    /// Replace a presenter with other options.
    #[arg(long)]
    pub(crate) replace: bool,
}

/// Installs the presenter.
///
/// # Errors
///
/// If the presenter could present nothing, or the configuration cannot be edited.
pub fn run(args: &InstallArgs, output: &Output) -> Result<Outcome, Error> {
    let config = ConfigFile::of(&args.place)?;
    let presenting = presenting(args)?;
    let program = own_program()?;
    if program.contains("${") {
        let why = "clients replace `${…}` in their configurations; install the program elsewhere";
        return Err(Error::about(Backticked(&program), why));
    }
    let holding = presenting.examine(OffsetDateTime::now_utc(), output);
    if let Some(why) = holding.problems.first() {
        return Err(Error::new(format_args!("{why}; nothing was installed")));
    }
    let (client, name) = (args.place.client, args.server.as_str());
    let locked = config.lock()?;
    let error = |why: String| config.error(why);
    let text = locked.text().map_err(error)?;
    let document = Document::parse(text, client).map_err(error)?;
    let server = document.server(name).map_err(error)?;
    let about = |why: String| config.error(format_args!("server {}: {why}", Backticked(name)));
    let without = match server.starts().map_err(about)? {
        Err(_) => text.to_owned(),
        Ok(own) if own.program == program && own.presenting == presenting => {
            output.note(format_args!(
                "{} is presented to {} already; nothing was changed",
                Backticked(name),
                Backticked(&args.audience)
            ));
            return Ok(Outcome::Done);
        }
        Ok(_) if !args.replace => {
            return Err(about(
                "it has a presenter with other options; pass --replace to replace it".to_owned(),
            ));
        }
        Ok(_) => uninstall(text, client, name, &locked.originals().read()?).map_err(about)?.text,
    };
    let installed = install(&without, client, name, &program, &presenting).map_err(about)?;
    // The words are those of another command, which has the last word about them.
    let definition = McpPresentArgs::augment_args(Command::new("mcp-present"));
    if let Err(why) = definition.try_get_matches_from(&installed.args) {
        return Err(about(format!("`deputize mcp-present` would not start: {}", sentence(&why))));
    }
    output.note(behind(&installed.behind));
    // In this order: whichever of the two configurations is there after a crash, its originals are.
    locked.originals().keep(installed.original)?;
    locked.replace(&installed.text)?;
    locked.originals().forget_others(&installed.text, client)?;
    output.note(format_args!(
        "{} in {} is presented to {}; restart the client",
        Backticked(name),
        Backticked(&config.path().to_string_lossy()),
        Backticked(&args.audience)
    ));
    if client.is_some_and(Client::is_of_project) {
        output.note("note: the file is that of a project, and has paths of this machine now; do not share it");
    }
    holding.notes.iter().for_each(|note| output.note(format_args!("note: {note}")));
    Ok(Outcome::Done)
}

/// Says to what will be presented. Nobody may have looked at the entry, least of all in the file of a project.
fn behind(server: &Behind) -> String {
    match server {
        Behind::Program { command, args } => {
            let words = std::iter::once(command).chain(args).map(|own| shell::word(own));
            format!("the presenter starts `{}`", words.collect::<Vec<_>>().join(" "))
        }
        Behind::Url(url) => format!("the presenter connects to {}", Backticked(url)),
    }
}

/// Returns the options of the presenter, with absolute paths.
fn presenting(args: &InstallArgs) -> Result<Presenting, Error> {
    let unicode = |option: &str, path: &Path| {
        let error = || Error::about(option, "the name of the file is not Unicode");
        path.to_str().map(str::to_owned).ok_or_else(error)
    };
    let held = match (&args.token, &args.wallet) {
        (Some(token), _) => match token.strip_prefix('@') {
            Some(path) => Held::Token(path.to_owned()),
            None => {
                let why = "a token as text would be in the configuration, which others may read; give @FILE";
                return Err(Error::about("--token", why));
            }
        },
        (None, Some(path)) => Held::Wallet(unicode("--wallet", path)?),
        (None, None) => return Err(Error::new("give --token or --wallet")),
    };
    let successor = args.trust.successor.iter().map(|path| unicode("--successor", path));
    let presenting = Presenting {
        key: unicode("--key", &args.key.key)?,
        insecure_key: args.key.insecure_key_permissions,
        held,
        trust: args.trust.trust.clone(),
        successor: successor.collect::<Result<_, _>>()?,
        audience: args.audience.clone(),
        base: args.base.as_ref().map(|own| own.as_str().to_owned()),
    };
    presenting.with_absolute_paths().map_err(Error::new)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// An option that is not known would be a fault of an entry, and could not be taken back.
    #[test]
    fn every_option_of_the_presenter_is_known() {
        let definition = McpPresentArgs::augment_args(Command::new("mcp-present"));
        let mut defined: BTreeSet<_> = definition
            .get_arguments()
            .filter_map(|own| {
                own.get_long().map(|long| (format!("--{long}"), own.get_action().takes_values()))
            })
            .collect();
        // It is not an option of every build.
        defined.insert(("--url".to_owned(), true));
        let known = Presenting::options().map(|(own, valued)| (own.to_owned(), valued));
        assert_eq!(known.collect::<BTreeSet<_>>(), defined);
    }
}
