//! Kinds of principals.

use clap::ValueEnum;
use deputize::PrincipalKind;

/// The kind of a principal, as `--owner-kind` and `--to-kind` name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum KindName {
    /// A person.
    Human,
    /// A program that acts on its own judgement.
    Agent,
    /// A program that follows fixed rules.
    Service,
    /// A group of people that acts as one.
    Organization,
}

impl From<KindName> for PrincipalKind {
    fn from(name: KindName) -> Self {
        match name {
            KindName::Human => Self::Human,
            KindName::Agent => Self::Agent,
            KindName::Service => Self::Service,
            KindName::Organization => Self::Organization,
        }
    }
}
