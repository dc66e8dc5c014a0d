//! Misuses that the types refuse.

use std::fmt::Display;

use deputize::{
    Decision, Denial, Permit, ReceivedDenial, ReceivedReport, Report, SigningKey, VerifiedChain,
};
use serde::{Deserialize, Serialize};

#[test]
fn misuses_do_not_compile() {
    trybuild::TestCases::new().compile_fail("cases/*.rs");
}

/// Compiles only if `$type` does not implement `$trait`: otherwise `_` is ambiguous. Not a case of
/// its own, because the compiler's message lists other implementations and changes with them.
macro_rules! assert_not {
    ($type:ty: $($trait:tt)+) => {{
        trait Either<A> {
            fn it() {}
        }
        struct Implemented;
        impl<T> Either<()> for T {}
        impl<T: $($trait)+> Either<Implemented> for T {}
        <$type as Either<_>>::it();
    }};
}

#[test]
fn verified_values_are_not_deserialized() {
    assert_not!(VerifiedChain: for<'de> Deserialize<'de>);
    assert_not!(Permit: for<'de> Deserialize<'de>);
    assert_not!(Decision: for<'de> Deserialize<'de>);
    assert_not!(VerifiedChain: Default);
    assert_not!(Permit: Default);
}

#[test]
fn received_texts_become_no_decision() {
    assert_not!(Denial: for<'de> Deserialize<'de>);
    assert_not!(Denial: From<ReceivedDenial>);
    assert_not!(Report: for<'de> Deserialize<'de>);
    assert_not!(Report: From<ReceivedReport>);
}

#[test]
fn a_private_key_has_no_text_that_could_get_into_a_log() {
    assert_not!(SigningKey: Serialize);
    assert_not!(SigningKey: Display);
}
