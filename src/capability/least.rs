//! The least capability for a call.

use super::{Capability, CapabilityError};
use crate::constraint::Constraint;
use crate::request::Request;
use crate::request::arguments::Argument;
use crate::request::operation::OperationPattern;
use crate::request::resource::ResourcePattern;
use crate::request::value::Value;

impl Request {
    /// Returns the names by which capabilities limit the arguments of this call, with their values. A
    /// member of an object is named by its JSON Pointer. `None` is a value that no limit can judge,
    /// such as a float.
    ///
    /// ```
    /// # use deputize::{Request, Value};
    /// let call = Request::new("crm.read", "accounts/42", "crm.acme.com")?
    ///     .with_args(r#"{"limit": 5, "filter": {"owner": "me"}, "ratio": 0.5}"#)?;
    /// let named: Vec<_> = call.limited_args().collect();
    /// assert_eq!(
    ///     named,
    ///     [("/filter/owner", Some(&Value::from("me"))), ("limit", Some(&Value::from(5))), ("ratio", None)]
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn limited_args(&self) -> impl Iterator<Item = (&str, Option<&Value>)> {
        self.arguments().all().filter_map(|(name, argument)| match argument {
            Argument::Value(value) => Some((name, Some(value))),
            Argument::List(_) | Argument::Undecidable => Some((name, None)),
            // The values inside have names of their own.
            Argument::Object | Argument::Objects(_) | Argument::Absent => None,
        })
    }

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
        for (name, value) in self.limited_args() {
            let limits = value.map(|value| Constraint::equals(value.clone()));
            least = least.with_arg(name, limits)?;
        }
        least.check()?;
        Ok(least)
    }
}
