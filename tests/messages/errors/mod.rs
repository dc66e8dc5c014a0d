//! One case for every variant of every error that a caller can get, and all messages in one list,
//! as people read them.
//!
//! Some variants have no case, because no test can cause them: `NoRandomness` of `KeyError`,
//! `MintError` and `PresentError` (the operating system would have to fail); the `Token` variants
//! of `MintError`, `DelegateError` and `PresentError` (a token that was parsed or made can always
//! be read and written).

/// Checks that `$result` is an error of this variant, and returns its message.
macro_rules! refused {
    ($result:expr, $variant:pat) => {{
        let error = $result.unwrap_err();
        assert!(matches!(error, $variant), "{error:?}");
        let path = stringify!($variant).split(|c: char| !c.is_alphanumeric() && c != ':');
        format!("{}\n    {error}", path.take(1).collect::<String>())
    }};
}

mod reading;
mod statements;
mod granting;
mod grammar;
mod true_causes;

/// Compares the messages with the snapshot, and checks the rules that every message obeys.
fn messages(name: &str, list: impl IntoIterator<Item = String>) {
    let list: Vec<_> = list.into_iter().collect();
    for message in &list {
        let (_, sentence) = message.split_once("\n    ").unwrap();
        assert!(!sentence.ends_with('.'), "a full stop: {sentence}");
        assert!(!sentence.chars().any(crate::common::is_hostile), "{sentence:?}");
        assert!(!sentence.contains("::"), "a Rust type: {sentence}");
    }
    insta::assert_snapshot!(name, list.join("\n"));
}
