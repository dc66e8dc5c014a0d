//! The reason that a service gives in its own words.

use crate::reason::{DenyCode, Reason};
use crate::text::escape::Quoted;

pub(crate) fn refused_by_policy(why: &str) -> Reason {
    Reason::new(DenyCode::PolicyRefused, format!("the service refuses: {}", Quoted(why)))
}
