//! The text form of a capability in reports.

use std::fmt::{self, Display, Formatter};

use super::{ArgLimits, Capability, OtherArgs, Presence};
use crate::constraint::Constraint;
use crate::text::escape::{Quoted, truncated};

/// Writes the capability for people, with every part escaped.
impl Display for Capability {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.truncated_to(usize::MAX))
    }
}

impl Capability {
    /// Returns the text with each part truncated to `most` characters.
    pub(crate) fn truncated_to(&self, most: usize) -> String {
        let short = |part: &dyn Display| truncated(part, most);
        let mut text = format!("{} on {}", short(&self.operation), short(&self.resource));
        for (i, (name, limits)) in self.args.iter().enumerate() {
            text.push_str(if i == 0 { " where " } else { ", " });
            text.push_str(&short(&Quoted(name)));
            text.push_str(limits.presence.as_text());
            text.push(' ');
            text.push_str(&short(limits));
        }
        text.push_str(match self.other_args {
            OtherArgs::Deny => "",
            OtherArgs::Allow if self.args.is_empty() => " with any arguments",
            OtherArgs::Allow => ", with any other arguments",
        });
        text
    }
}

impl Presence {
    /// Returns the words that follow the name of an argument.
    pub(crate) fn as_text(self) -> &'static str {
        match self {
            Self::Required => "",
            Self::Optional => " (optional)",
            Self::Below => " and all below it (optional)",
        }
    }
}

impl Display for ArgLimits {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(&AllOf(&self.constraints), f)
    }
}

/// Constraints that must all hold.
pub(super) struct AllOf<'a>(pub(super) &'a [Constraint]);

impl Display for AllOf<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("any value");
        }
        for (i, constraint) in self.0.iter().enumerate() {
            write!(f, "{}{constraint}", if i == 0 { "" } else { " and " })?;
        }
        Ok(())
    }
}
