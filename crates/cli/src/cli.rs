//! The whole command line, and its help.

use clap::{CommandFactory, Parser};

use crate::commands::Command;
use crate::output::color::Color;
use crate::output::{Error, Outcome, Output};

/// The example in the help of `deputize`, from keys to a decision.
pub const EXAMPLE: &str = "\
Example: Alice delegates to a planner, the planner to a researcher, and a service verifies a call:
  for name in alice planner researcher; do deputize keygen $name; done
  deputize mint --key alice.key --owner alice@acme.com --to planner=planner.pub \\
    --allow 'crm.read accounts/**' --expires 8h --max-hops 1 --purpose 'Q3 review' > planner.token
  deputize delegate --key planner.key --to researcher=researcher.pub \\
    --allow 'crm.read accounts/emea/*' --expires 15m --purpose 'EMEA' @planner.token > my.token
  deputize present --key researcher.key --operation crm.read --resource accounts/emea/42 \\
    --audience crm.acme.com @my.token > call.token
  deputize verify --trust alice.pub=alice@acme.com --operation crm.read \\
    --resource accounts/emea/42 --audience crm.acme.com @call.token
  deputize report --trust alice.pub=alice@acme.com @my.token

Exit status: 0 allowed or done; 1 refused; 2 an error in usage, a file, key, token or request.";

/// Capability tokens for AI agents: delegate a narrowed part of your authority, and check offline
/// who is accountable for a call.
#[derive(Debug, Parser)]
#[command(
    name = "deputize",
    version,
    max_term_width = 100,
    after_help = EXAMPLE,
    after_long_help = EXAMPLE
)]
pub struct Cli {
    /// The use of colours. With auto, NO_COLOR, CLICOLOR_FORCE and the terminal decide.
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true
    )]
    pub(crate) color: Color,
    /// The command to run.
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Cli {
    /// Runs the command.
    ///
    /// # Errors
    ///
    /// [`Error`] if the command cannot do its work. A refusal is an [`Outcome`].
    pub fn run(&self, output: &Output) -> Result<Outcome, Error> {
        self.command.run(Self::command, output)
    }
}
