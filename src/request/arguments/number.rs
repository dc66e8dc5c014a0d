//! Numbers that every JSON reader reads alike.

use serde_json::{Number, Value as Json};

use super::error::ArgumentError;
use crate::limits::{MAX_ARGUMENT_DEPTH, MAX_INTEGER};

/// Refuses integers that other JSON readers would round, so that calls that differ in one have
/// different digests.
pub(super) fn check_numbers(
    json: &Json,
    depth: usize,
    name: &impl Fn() -> String,
) -> Result<(), ArgumentError> {
    if depth > MAX_ARGUMENT_DEPTH {
        return Err(ArgumentError::TooDeep);
    }
    let deeper = depth.saturating_add(1);
    match json {
        Json::Number(n) if is_too_large(n) => {
            Err(ArgumentError::IntegerTooLarge { name: name(), found: to_i128(n) })
        }
        Json::Array(items) => items.iter().try_for_each(|item| check_numbers(item, deeper, name)),
        Json::Object(members) => {
            members.values().try_for_each(|value| check_numbers(value, deeper, name))
        }
        _ => Ok(()),
    }
}

/// Returns true for an integer beyond ±(2^53 − 1). The size of a float does not matter, because
/// nobody takes it for an integer.
fn is_too_large(n: &Number) -> bool {
    let is_fine = |i: i64| i.unsigned_abs() <= MAX_INTEGER.unsigned_abs();
    !n.is_f64() && !n.as_i64().is_some_and(is_fine)
}

/// Returns the integer. `i64::MIN` and `u64::MAX` also represent all integers beyond them.
fn to_i128(n: &Number) -> i128 {
    n.as_i64().map(i128::from).or_else(|| n.as_u64().map(i128::from)).unwrap_or_default()
}
