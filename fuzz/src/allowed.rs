//! The grammar of `--allow`.

use deputize::{Capability, Constraint, OtherArgs};
use deputize_cli::input::allow;
use serde_json::Value;

use crate::visible::require_visible;

/// Checks that a capability with these texts, written for `--allow`, is parsed to the same
/// capability.
pub(crate) fn spelled(text: &str) {
    let mut texts = text.split('\n');
    let mut next = || texts.next().unwrap_or("a");
    let (name, other, text) = (next(), next(), next());
    let number = next().parse().unwrap_or(5);
    let limits = [
        Constraint::prefix(next()),
        Constraint::suffix(next()),
        Constraint::equals(text),
        Constraint::max(number),
    ];
    let (bound, start) = (Constraint::max(number), Constraint::prefix(other));
    let made = Capability::new("crm.*", "accounts/**")
        .and_then(|own| own.with_arg(name, limits))
        .and_then(|own| own.with_optional_arg(other, [Constraint::equals(number)]))
        .and_then(|own| own.with_arg("any", []))
        .and_then(|own| own.with_arg("/list/*/a", [Constraint::Each(Box::new(bound))]))
        .and_then(|own| own.with_arg("list of texts", [Constraint::Each(Box::new(start))]))
        .map(|own| own.with_other_args(OtherArgs::Allow));
    let Ok(made) = made else { return };
    let spelled = spell(&made).expect("no list has blanks");
    assert_eq!(allow::parse(&spelled).as_ref().ok(), Some(&made), "{spelled}");
}

/// `--allow`.
pub(crate) fn allowed(text: &str) {
    match allow::parse(text) {
        Ok(capability) => {
            let json = serde_json::to_string(&capability).unwrap();
            assert_eq!(serde_json::from_str::<Capability>(&json).as_ref().ok(), Some(&capability));
            if let Some(spelled) = spell(&capability) {
                assert_eq!(allow::parse(&spelled).as_ref().ok(), Some(&capability), "{spelled}");
            }
        }
        Err(error) => {
            assert_eq!(error.text, text);
            assert!(error.at <= text.chars().count(), "{error:?}");
            let told = error.to_string();
            require_visible(&told);
            let lines: Vec<_> = told.lines().collect();
            let [sentence, shown, caret] = lines.as_slice() else { panic!("{told}") };
            assert!(!error.message.is_empty() && sentence.starts_with(&error.message), "{told}");
            assert_eq!(caret.trim_start(), "^");
            if text.bytes().all(|b| (b' '..0x7f).contains(&b)) {
                assert_eq!(shown.strip_prefix("  "), Some(text));
                assert_eq!(caret.len(), 2 + error.at + 1, "{told}");
            }
        }
    }
}

/// The capability as text for `--allow`; `None` if a list has blanks in it.
fn spell(capability: &Capability) -> Option<String> {
    let json = serde_json::to_value(capability).unwrap();
    let text = |json: &Value| json.as_str().unwrap().to_owned();
    let mut words = vec![text(&json["operation"]), text(&json["resource"])];
    let none = serde_json::Map::new();
    for (name, limits) in json.get("args").and_then(Value::as_object).unwrap_or(&none) {
        let mut name = Value::from(name.as_str()).to_string();
        if limits.get("below").is_some() {
            words.push(format!("{name}/**"));
            continue;
        }
        if limits.get("optional").is_some() {
            name.push('?');
        }
        for (kind, parameter) in limits.as_object().unwrap() {
            let inner = parameter.as_object().and_then(|inner| inner.iter().next());
            let (each, (kind, parameter)) = match inner {
                Some(inner) if kind == "each" => ("[]", inner),
                _ => ("", (kind, parameter)),
            };
            let operator = match kind.as_str() {
                "any" => "",
                "optional" => continue,
                "min" => ">=",
                "max" => "<=",
                "equals" => "=",
                "prefix" => "^=",
                "suffix" => "$=",
                "glob" => "~",
                other => panic!("--allow has no {other}"),
            };
            let value = if kind == "any" { String::new() } else { parameter.to_string() };
            if !parameter.is_string() && value.contains(char::is_whitespace) {
                return None;
            }
            words.push(format!("{name}{each}{operator}{value}"));
        }
    }
    if json.get("other_args").is_some() {
        words.push("...".to_owned());
    }
    Some(words.join(" "))
}
