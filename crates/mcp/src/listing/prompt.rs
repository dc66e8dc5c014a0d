//! The arguments of a prompt, which have names and no schema.

use std::collections::BTreeSet;

use deputize::PermittedArgs;
use serde_json::{Map, Value as Json};

use super::schema::with_required;
use super::words::{allowed, describe};

/// Narrows the arguments of a prompt. Returns false if no call of the prompt is permitted.
pub(super) fn narrow(
    prompt: &mut Map<String, Json>,
    permitted: PermittedArgs<'_>,
    work: &mut usize,
) -> bool {
    let Some(Json::Array(arguments)) = prompt.get_mut("arguments") else { return true };
    let name_of = |own: &Json| own.get("name").and_then(Json::as_str).map(str::to_owned);
    let is_required = |own: &&Json| own.get("required") == Some(&Json::Bool(true));
    let required: BTreeSet<_> = arguments.iter().filter(is_required).filter_map(name_of).collect();
    let Some((permitted, required)) = with_required(permitted, required) else { return false };
    let mut is_of_use = true;
    arguments.retain_mut(|own| {
        let Some(name) = name_of(own) else { return true };
        let Json::Object(argument) = own else { return true };
        let limits = permitted.limits_on(&name, work);
        if limits.is_empty() {
            is_of_use &= !required.contains(&name);
            return false;
        }
        if required.contains(&name) {
            argument.insert("required".to_owned(), true.into());
        }
        describe(argument, allowed("", &limits).as_slice());
        true
    });
    is_of_use
}
