//! The list of lints.

use std::fmt::{self, Display, Formatter};

use serde::{Serialize, Serializer};

macro_rules! lints {
    ($($(#[doc = $meaning:literal])+ $name:ident = $text:literal;)+) => {
        /// The kind of a [`GrantLint`](crate::GrantLint). The codes are stable; new ones may be
        /// added.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum LintCode {
            $($(#[doc = $meaning])+ $name,)+
        }

        impl LintCode {
            /// All codes: first the parts that cannot be meant, then those that permit more than
            /// they seem to.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Returns the stable text, in snake case.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// Returns the meaning of the code.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$name => concat!($($meaning,)+).trim_ascii_start(),)+ }
            }
        }
    };
}

lints! {
    /// The limits on an argument permit no value.
    ImpossibleLimits = "impossible_limits";
    /// A capability is listed twice.
    RepeatedCapability = "repeated_capability";
    /// A capability permits nothing that another one does not, so its limits have no effect.
    CoveredCapability = "covered_capability";
    /// A host of a URL pattern is covered by a wildcard of the same pattern.
    CoveredHost = "covered_host";
    /// Allowed delegates are named, and no further hop is allowed.
    UnusedDelegates = "unused_delegates";
    /// An amount has an upper bound and no lower one, so negative amounts are permitted.
    NegativeAmount = "negative_amount";
    /// The beginning of a path is compared as text, which permits `..` and other directories.
    LoosePath = "loose_path";
    /// The beginning or end of a URL or host name is compared as text, which permits other hosts.
    LooseUrl = "loose_url";
    /// The beginning or end of a mail address is compared as text, which permits other addresses.
    LooseMail = "loose_mail";
    /// The grant is valid for more than a day.
    LongLifetime = "long_lifetime";
}

impl Display for LintCode {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for LintCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
