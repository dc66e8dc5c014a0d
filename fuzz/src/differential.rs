//! Our decision is what Biscuit's own engine decides.

use crate::dice::Dice;
use crate::{free, oracle, random};
use deputize::{Capability, Value};
use serde_json::{Map, Value as Json, json};

/// Draws a chain and a call, from the pools of the tests or as free as can be, and asks both.
pub fn check(data: &[u8]) {
    let mut dice = Dice::new(data);
    let case = if dice.chance(40) { Some(random::case(&mut dice)) } else { single(&mut dice) };
    if let Some(case) = case {
        oracle::require_agreement(&case);
    }
}

/// One hop: that an error of the engine is a denial shows where a capability stands alone, that it
/// must not be one where it stands beside another.
fn single(dice: &mut Dice<'_>) -> Option<random::Case> {
    let mut capabilities: Vec<Capability> = Vec::new();
    for _ in 0..dice.pick(&[1, 1, 1, 2, 3]) {
        capabilities.push(free::capability(dice)?);
    }
    let limits = ["v", "/v/*/a"].into_iter().flat_map(|name| {
        capabilities.iter().flat_map(move |own| own.constraints_on(name).unwrap_or_default())
    });
    let near = free::values_near(&limits.cloned().collect::<Vec<_>>());
    let mut args = Map::new();
    for name in ["v", "w"] {
        if dice.chance(20) {
            continue;
        }
        let value = if dice.chance(70) { dice.pick(&near) } else { free::value(dice) };
        args.insert(name.to_owned(), argument(dice, &value));
    }
    oracle::single(capabilities, args)
}

/// Now and then what cannot be decided upon stands in place of a value, or the value in an object.
fn argument(dice: &mut Dice<'_>, value: &Value) -> Json {
    let json = Json::from(value);
    match dice.below(14) {
        0 => json!({"a": json}),
        1 => json!([json, [1]]),
        2 => json!(1.5),
        3 => json!({}),
        4 | 5 => free::objects(dice, value),
        6 => json!({"a": free::objects(dice, value)}),
        _ => json,
    }
}
