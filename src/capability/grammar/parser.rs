//! The parser of capabilities in one line.

use std::str::FromStr;

use super::error::GrammarError;
use super::fault::GrammarFault;
use super::limit::{Limit, looks_like_argument};
use super::scanner::{Piece, Scanner};
use crate::capability::{Capability, CapabilityError, OtherArgs, Presence};
use crate::constraint::Constraint;
use crate::limits::MAX_CONSTRAINTS;
use crate::request::resource::ResourcePattern;
use crate::text::escape::is_invisible;

/// Reads `OPERATION RESOURCE [ARG…]`, the form of the command's `--allow`.
///
/// | written | means |
/// |---|---|
/// | `crm.read`, `crm.*`, `*` | an operation, all operations below it, every operation |
/// | `accounts/42`, `accounts/*`, `accounts/**`, `**` | a resource, one segment below it, everything below it, every resource |
/// | `limit` | the argument is required, with any value |
/// | `limit=0..100` | an integer from 0 to 100, both included |
/// | `limit<=100`, `limit>=1` | an integer, at most or at least this |
/// | `mode=ro`, `dry_run=true`, `tag="a b"` | exactly this value: JSON if it parses as JSON, else a string |
/// | `currency:one_of=USD,EUR`, `to:none_of=a,b` | one of these values; any other string, integer or boolean |
/// | `path:subpath=/srv/emea` | this directory, or a path below it |
/// | `file~reports/*.csv` | a path that matches this [`Glob`](crate::Glob) |
/// | `site:url=https://*.acme.com/v1` | a URL that matches this [`UrlPattern`](crate::UrlPattern) |
/// | `address:cidr=10.0.0.0/8` | an address in this network |
/// | `note:max_len=200` | a string of at most 200 bytes, or a list of at most 200 elements |
/// | `tags:subset_of=a,b`, `tags:contains_all=a` | a list of nothing else; a list with all of these |
/// | `name^=Q3`, `name$=_draft` | a string with this beginning or end, whatever the rest of it is |
/// | `limit?=0..100` | the same limits, for an optional argument |
/// | `files[]:subpath=/srv` | a list, each element of which satisfies the limit |
/// | `/filter/owner`, `/files/*/path` | a member of an object, or of each object in a list |
/// | `filter/**` | an optional argument with any value, and anything inside it |
/// | `...` | other arguments are allowed; without it they are refused |
///
/// Each kind of limit can be written `name:KIND=VALUE`, with the words of [`ConstraintKind`]; the
/// operators are short for `max`, `min`, `equals`, `prefix`, `suffix` and `glob`, and `[]` for
/// `each`. Several limits on one argument must all hold. Any operation, resource, name or value can
/// be a JSON string in double quotes.
///
/// [`ConstraintKind`]: crate::ConstraintKind
///
/// ```
/// use deputize::{Capability, Constraint};
///
/// let read: Capability = "files.read reports/** path:subpath=/srv/emea limit=0..100".parse()?;
/// let made = Capability::new("files.read", "reports/**")?
///     .with_arg("path", [Constraint::subpath("/srv/emea")?])?
///     .with_arg("limit", [Constraint::min(0), Constraint::max(100)])?;
/// assert_eq!(read, made);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Security
///
/// `^=` and `$=` compare characters, and know nothing of paths, hosts and addresses. `path^=/data`
/// permits `/data/../etc/passwd` and `/database`; `to$=@acme.com` permits
/// `eve@evil.com,x@acme.com`. Write `path:subpath=/data` and `to:one_of=…`. `amount<=100` permits
/// −100; write `amount=0..100`. [`Grant::lints`](crate::Grant::lints) finds these.
impl FromStr for Capability {
    type Err = GrammarError;

    fn from_str(text: &str) -> Result<Self, GrammarError> {
        Scanner::new(text).capability()
    }
}

/// One argument and its limits.
struct Arg {
    name: String,
    /// The index of its last mention.
    at: usize,
    presence: Presence,
    constraints: Vec<Constraint>,
}

/// One word after the resource.
enum Word {
    Others,
    Arg(Arg),
}

impl Scanner<'_> {
    fn capability(&mut self) -> Result<Capability, GrammarError> {
        let operation = self.word(GrammarFault::NoOperation)?;
        let pattern = operation.text.parse().map_err(|e| {
            self.error(operation.place_of(|c| !is_operation_char(c)), GrammarFault::Operation(e))
        })?;
        let resource = self.word(GrammarFault::NoResource)?;
        if !resource.is_quoted && looks_like_argument(&resource.text) {
            return Err(self.error(resource.at, GrammarFault::ArgumentAsResource));
        }
        let resource = resource.text.parse().map_err(|e| {
            let inside = if resource.is_quoted { 0 } else { invalid_in_resource(&resource.text) };
            self.error(resource.at.saturating_add(inside), GrammarFault::Resource(e))
        })?;
        let mut capability = Capability::from_patterns(pattern, resource);
        let (args, other_args) = self.args()?;
        for Arg { name, at, presence, constraints } in args {
            capability = capability
                .with_limits(name, presence, constraints)
                .map_err(|e| self.error(at, e))?;
        }
        Ok(capability.with_other_args(other_args))
    }

    fn word(&mut self, missing: GrammarFault) -> Result<Piece, GrammarError> {
        self.skip_blanks();
        match self.peek() {
            None => Err(self.error(self.at, missing)),
            Some(_) => self.piece(false),
        }
    }

    fn args(&mut self) -> Result<(Vec<Arg>, OtherArgs), GrammarError> {
        let mut args: Vec<Arg> = Vec::new();
        let mut other_args = OtherArgs::Deny;
        loop {
            self.skip_blanks();
            if self.peek().is_none() {
                return Ok((args, other_args));
            }
            let arg = match self.arg()? {
                Word::Others => {
                    other_args = OtherArgs::Allow;
                    continue;
                }
                Word::Arg(arg) => arg,
            };
            if let Some(own) = args.iter_mut().find(|own| own.name == arg.name) {
                self.merge(own, arg)?;
                continue;
            }
            // Bounds the work of the search above. Whether all limits together are too many is
            // checked at the end.
            if args.len() == MAX_CONSTRAINTS {
                let found = args.len().saturating_add(1);
                return Err(self.error(arg.at, CapabilityError::TooManyConstraints { found }));
            }
            args.push(arg);
        }
    }

    /// Adds another mention of an argument.
    fn merge(&self, own: &mut Arg, arg: Arg) -> Result<(), GrammarError> {
        if own.presence != arg.presence {
            let name = arg.name;
            let fault = match [own.presence, arg.presence].contains(&Presence::Below) {
                true => GrammarFault::MixedBelow { name },
                false => GrammarFault::MixedOptional { name },
            };
            return Err(self.error(arg.at, fault));
        }
        own.at = arg.at;
        own.constraints.extend(arg.constraints);
        Ok(())
    }

    /// Reads `...`, or a name with at most one limit.
    fn arg(&mut self) -> Result<Word, GrammarError> {
        let at = self.at;
        let is_quoted = self.peek() == Some('"');
        let mut name = if is_quoted { self.quoted()? } else { self.name() };
        // A slash can be part of a name, `**` cannot.
        let is_below = self.skip_all(if is_quoted { "/**" } else { "**" });
        if is_below && !is_quoted && name.pop() != Some('/') {
            return Err(self.error(at, GrammarFault::MisplacedBelow));
        }
        if !is_quoted && !is_below && name == "..." {
            return match self.is_at_blank() {
                true => Ok(Word::Others),
                false => Err(self.error(self.at, GrammarFault::LimitOnOthers)),
            };
        }
        if name.is_empty() && (is_quoted || self.peek() == Some(':') || self.operator().is_ok()) {
            return Err(self.error(at, GrammarFault::NoName));
        }
        if !is_quoted && !name.starts_with(is_name_start) {
            return Err(self.error(at, GrammarFault::NameStart));
        }
        if is_below {
            return match self.is_at_blank() {
                true => Ok(Word::Arg(Arg {
                    name,
                    at,
                    presence: Presence::Below,
                    constraints: Vec::new(),
                })),
                false => Err(self.error(self.at, GrammarFault::LimitOnBelow)),
            };
        }
        let presence = if self.skip('?') { Presence::Optional } else { Presence::Required };
        let constraints = match self.is_at_blank() {
            true => Vec::new(),
            false => match self.limit()? {
                Limit::One(constraint) => vec![constraint],
                Limit::Range(min, max) => vec![Constraint::min(min), Constraint::max(max)],
            },
        };
        Ok(Word::Arg(Arg { name, at, presence, constraints }))
    }
}

impl Piece {
    /// Returns the index of the first wrong character, or of the piece if there is none. Inside
    /// quotes, escapes move the characters.
    fn place_of(&self, is_wrong: impl Fn(char) -> bool) -> usize {
        let wrong = self.text.chars().position(is_wrong).filter(|_| !self.is_quoted);
        self.at.saturating_add(wrong.unwrap_or(0))
    }
}

/// Returns true if a name may begin with the character without quotes.
pub(super) fn is_name_start(c: char) -> bool {
    c.is_ascii_alphabetic() || "_/".contains(c)
}

fn is_operation_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "._-:/*".contains(c)
}

/// Returns the index of the first character that no resource can have, or else of the first segment
/// that is at fault by itself.
fn invalid_in_resource(text: &str) -> usize {
    let is_invalid = |c: char| "\\%".contains(c) || is_invisible(c);
    if let Some(at) = text.chars().position(is_invalid) {
        return at;
    }
    let mut at = 0_usize;
    for segment in text.split('/') {
        if segment.parse::<ResourcePattern>().is_err() && !matches!(segment, "*" | "**") {
            return segment.chars().position(|c| c == '*').unwrap_or(0).saturating_add(at);
        }
        at = at.saturating_add(segment.chars().count()).saturating_add(1);
    }
    text.chars().position(|c| c == '*').unwrap_or(0)
}
