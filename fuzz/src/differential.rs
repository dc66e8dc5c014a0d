//! Our decision agrees with Biscuit's own engine.

use crate::source::Source;
use crate::{arbitrary, oracle, random};
use deputize::{Capability, Value};
use serde_json::{Map, Value as Json, json};

/// Draws a chain and a call, from the pools of the tests or arbitrary ones, and compares both
/// decisions.
pub fn check(data: &[u8]) {
    let mut source = Source::new(data);
    let case =
        if source.chance(40) { Some(random::case(&mut source)) } else { single(&mut source) };
    if let Some(case) = case {
        oracle::require_agreement(&case);
    }
}

/// One hop. An error of the engine must be a denial if there is one capability, and must not be one
/// if there is another beside it.
fn single(source: &mut Source<'_>) -> Option<random::Case> {
    let mut capabilities: Vec<Capability> = Vec::new();
    for _ in 0..source.pick(&[1, 1, 1, 2, 3]) {
        capabilities.push(arbitrary::capability(source)?);
    }
    let limits = ["v", "/v/*/a"].into_iter().flat_map(|name| {
        capabilities.iter().flat_map(move |own| own.constraints_on(name).unwrap_or_default())
    });
    let near = arbitrary::values_near(&limits.cloned().collect::<Vec<_>>());
    let mut args = Map::new();
    for name in ["v", "w"] {
        if source.chance(20) {
            continue;
        }
        let value = if source.chance(70) { source.pick(&near) } else { arbitrary::value(source) };
        args.insert(name.to_owned(), argument(source, &value));
    }
    oracle::single(capabilities, args)
}

/// Sometimes replaces the value with one that cannot be judged, or puts it into an object.
fn argument(source: &mut Source<'_>, value: &Value) -> Json {
    let json = Json::from(value);
    match source.below(14) {
        0 => json!({"a": json}),
        1 => json!([json, [1]]),
        2 => json!(1.5),
        3 => json!({}),
        4 | 5 => arbitrary::objects(source, value),
        6 => json!({"a": arbitrary::objects(source, value)}),
        _ => json,
    }
}
