//! The grammar of capabilities in one line.

use deputize::{Capability, Cidr, Constraint, OtherArgs, Subpath, UrlPattern};

use crate::visible::require_visible;

/// Checks that a capability with these texts, written in one line, is parsed to the same
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
    let listed = [Constraint::one_of([text, other]), Constraint::min(number)];
    let more = [
        Constraint::none_of([text, name]),
        Constraint::equals(vec![text, other]),
        Constraint::subset_of([name, other]),
        Constraint::max_len(7),
    ];
    let parsed = [
        text.parse::<Subpath>().ok().map(Constraint::Subpath),
        other.parse::<UrlPattern>().ok().map(Constraint::Url),
        name.parse::<Cidr>().ok().map(Constraint::Cidr),
    ];
    let made = Capability::new("crm.*", text)
        .or_else(|_| Capability::new("crm.*", "accounts/**"))
        .and_then(|own| own.with_arg(name, limits))
        .and_then(|own| own.with_optional_arg(other, listed))
        .and_then(|own| own.with_arg("any", []))
        .and_then(|own| own.with_arg("more", more))
        .and_then(|own| own.with_arg("parsed", parsed.into_iter().flatten()))
        .and_then(|own| own.with_arg("/list/*/a", [Constraint::Each(Box::new(bound))]))
        .and_then(|own| own.with_arg("list of texts", [Constraint::Each(Box::new(start))]))
        .map(|own| own.with_other_args(OtherArgs::Allow));
    if let Ok(made) = made {
        require_same(&made);
    }
}

/// `--allow`.
pub(crate) fn allowed(text: &str) {
    match text.parse::<Capability>() {
        Ok(capability) => {
            let json = serde_json::to_string(&capability).unwrap();
            assert_eq!(serde_json::from_str::<Capability>(&json).as_ref().ok(), Some(&capability));
            require_same(&capability);
        }
        Err(error) => {
            assert_eq!(error.text, text);
            assert!(error.at <= text.chars().count(), "{error:?}");
            let message = error.to_string();
            require_visible(&message);
            let lines: Vec<_> = message.lines().collect();
            let [sentence, shown, caret] = lines.as_slice() else { panic!("{message}") };
            let fault = error.fault.to_string();
            assert!(!fault.is_empty() && sentence.starts_with(&fault), "{message}");
            assert_eq!(caret.trim_start(), "^");
            if text.len() <= 1_000 && text.bytes().all(|b| (b' '..0x7f).contains(&b)) {
                assert_eq!(shown.strip_prefix("  "), Some(text));
                assert_eq!(caret.len(), 2 + error.at + 1, "{message}");
            }
        }
    }
}

/// The written form of a capability is visible, and is read as the same capability.
fn require_same(capability: &Capability) {
    let written = capability.as_written();
    assert!(!written.contains(char::is_control), "{written:?}");
    assert_eq!(written.parse::<Capability>().as_ref().ok(), Some(capability), "{written}");
}
