//! The least capability for a call.

use super::{Capability, CapabilityError};
use crate::constraint::Constraint;
use crate::request::Request;
use crate::request::arguments::Argument;
use crate::request::operation::OperationPattern;
use crate::request::resource::ResourcePattern;

impl Request {
    /// Returns the smallest capability that covers this call: its operation, its resource, and each
    /// argument with its value. An argument that no limit can judge, such as a float, may have any
    /// value.
    ///
    /// An agent whose call is refused can ask for it, and a person can be shown it.
    ///
    /// ```
    /// # use deputize::Request;
    /// let call = Request::new("crm.read", "accounts/42", "crm.acme.com")?
    ///     .with_args(r#"{"limit": 5}"#)?;
    /// let least = call.least_capability()?;
    /// assert_eq!(least.to_string(), "crm.read on accounts/42 where limit = 5");
    /// assert!(least.permits(&call));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`CapabilityError`] if the call has more arguments or longer values than a capability can.
    pub fn least_capability(&self) -> Result<Capability, CapabilityError> {
        let operation = OperationPattern::Exact(self.operation().clone());
        let resource = ResourcePattern::Exact(self.resource().clone());
        let mut least = Capability::from_patterns(operation, resource);
        for (name, argument) in self.arguments().all() {
            let limits = match argument {
                Argument::Value(value) => vec![Constraint::equals(value.clone())],
                Argument::List(_) | Argument::Undecidable => Vec::new(),
                // The values inside have names of their own.
                Argument::Object | Argument::Objects(_) | Argument::Absent => continue,
            };
            least = least.with_arg(name, limits)?;
        }
        least.check()?;
        Ok(least)
    }
}
