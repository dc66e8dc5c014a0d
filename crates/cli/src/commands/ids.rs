//! `deputize ids`: the ids of a token, of its hops and of its presentation.

use clap::{Args, ValueEnum};
use deputize::text::{Quoted, visible_json};
use deputize::{HopId, PrincipalReport, Report, Verdict};
use schemars::JsonSchema;
use serde::Serialize;

use crate::input::token::TokenText;
use crate::input::when::AtArgs;
use crate::output::{Error, Outcome, Output};

/// The example in the help.
pub const EXAMPLE: &str = "\
Revoking a hop revokes everything below it. The names are only claims; `deputize report
--trust KEY=OWNER` checks whether its root key may speak for the owner.

Example:
  deputize ids @researcher.token";

/// The options of `ids`.
#[derive(Debug, Args)]
pub struct IdsArgs {
    /// The format: lines of text, or JSON with whole keys.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: IdsFormat,
    #[command(flatten)]
    pub(crate) at: AtArgs,
    /// The token or presentation: its text, @FILE, or - for standard input (the default).
    pub(crate) token: Option<String>,
}

/// The formats of `ids`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum IdsFormat {
    /// A line for each id.
    Text,
    /// One JSON object.
    Json,
}

/// The ids in JSON.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Ids<'a> {
    /// The random id that the owner gave the token, in hexadecimal.
    #[schemars(extend("pattern" = "^[0-9a-f]{32}$"))]
    token_id: &'a str,
    /// The hops, the owner's first.
    hops: Vec<HopIds<'a>>,
    /// The id of the presentation, by which a replay guard remembers it, if the token was
    /// presented.
    #[serde(skip_serializing_if = "Option::is_none")]
    presentation: Option<HopId>,
}

/// A hop in JSON.
#[derive(Debug, Serialize, JsonSchema)]
struct HopIds<'a> {
    /// The id by which it can be revoked.
    id: HopId,
    /// The delegator.
    from: &'a PrincipalReport,
    /// The delegate.
    to: &'a PrincipalReport,
    /// The time at which it expires, RFC 3339.
    #[schemars(extend("format" = "date-time"))]
    expires: &'a str,
}

/// Prints the ids of an authentic token or presentation.
///
/// # Errors
///
/// If the text is not a token. A token that is not authentic is refused.
pub fn run(args: &IdsArgs, output: &Output) -> Result<Outcome, Error> {
    let now = args.at.now()?;
    let text = TokenText::read(args.token.as_deref(), output)?;
    let report = Report::of_text(text.as_str(), None, now).map_err(|e| text.error(e))?;
    let token_id = match &report.token_id {
        Some(id) if report.authentic && report.verdict != Verdict::Deny => id,
        _ => {
            output.note("the token is not authentic, so its ids mean nothing:");
            report.reasons.iter().for_each(|reason| output.note(format_args!("  {reason}")));
            return Ok(Outcome::Refused);
        }
    };
    let presentation = report.presentation.as_ref();
    match args.format {
        IdsFormat::Json => {
            let hops = report.hops.iter().map(|hop| HopIds {
                id: hop.id,
                from: &hop.from,
                to: &hop.to,
                expires: &hop.expires,
            });
            let presentation = presentation.map(|own| own.id);
            let ids = Ids { token_id, hops: hops.collect(), presentation };
            let json = serde_json::to_string_pretty(&ids).map_err(Error::new)?;
            output.print(visible_json(&json))?;
        }
        IdsFormat::Text => {
            let mut lines = vec![format!("token {token_id}")];
            for hop in &report.hops {
                let (index, id, expires) = (hop.index, hop.id, &hop.expires);
                let (from, to) = (named(&hop.from), named(&hop.to));
                lines.push(format!("hop {index} {id} {from} → {to}, until {expires}"));
            }
            lines.extend(presentation.map(|own| {
                let (id, audience, issued) = (own.id, Quoted(&own.audience), &own.issued);
                format!("presentation {id} for {audience}, made {issued}")
            }));
            output.print(lines.join("\n"))?;
        }
    }
    Ok(Outcome::Done)
}

fn named(principal: &PrincipalReport) -> String {
    format!("{} ({})", Quoted(&principal.name), principal.fingerprint)
}
