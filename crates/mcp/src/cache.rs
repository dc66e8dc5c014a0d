//! Leave to cache a result, which servers give since version 2026-07-28 of the protocol.

use serde_json::{Map, Value as Json};
use time::OffsetDateTime;

/// Keeps shared caches from giving a result to others than its caller: a guard permitted it to this
/// holder, or filtered it for them. `until` is the end of what permits it; a copy lives no longer.
/// Returns true if it changed something. A result without such members may not be cached.
pub(crate) fn keep_private(
    result: &mut Map<String, Json>,
    until: Option<OffsetDateTime>,
    now: OffsetDateTime,
) -> bool {
    let ttl = result.get("ttlMs");
    if ttl.is_none() && !result.contains_key("cacheScope") {
        return false;
    }
    let left = until.map(|own| milliseconds(own).saturating_sub(milliseconds(now)).max(0));
    let shorter = left.filter(|left| {
        let left = Json::from(*left).as_f64();
        // What is not a number is nothing that a cache can count on.
        ttl.is_some_and(|own| own.as_f64().is_none_or(|own| left < Some(own)))
    });
    if let Some(left) = shorter {
        result.insert("ttlMs".to_owned(), left.into());
    }
    let scope = result.insert("cacheScope".to_owned(), "private".into());
    shorter.is_some() || scope.is_none_or(|own| own != "private")
}

/// Returns the milliseconds since 1970.
fn milliseconds(time: OffsetDateTime) -> i64 {
    let own = time.unix_timestamp_nanos().checked_div(1_000_000);
    own.and_then(|own| i64::try_from(own).ok()).unwrap_or(i64::MAX)
}
