//! Small crates that break the rules, or only seem to.

use super::tree::Crate;

/// Returns the findings of the rules in a crate, given as the path and the text of each file.
fn found(files: &[(&str, &str)]) -> Vec<String> {
    let krate = Crate::read(&|module| {
        let file = module.join("/");
        files.iter().find(|(path, _)| *path == file).expect(&file).1.to_owned()
    });
    let cycle = krate.cycle().map(|files| format!("cycle: {}", files.join(" ")));
    krate.downward().into_iter().chain(cycle).chain(krate.hidden()).collect()
}

/// Returns the findings of the rules where `a` has this text, and `b` is declared below it.
fn found_in(a: &str) -> Vec<String> {
    found(&[("", "mod a; mod b;"), ("a", a), ("b", "pub struct B; pub fn f() {}")])
}

#[test]
fn every_form_of_an_import_is_found() {
    for form in [
        "use crate::b::B;",
        "use super::{b};",
        "use crate::b::{self};",
        "use crate::b as other;",
        "fn f() { use super::b::f; }",
        "fn f() { crate::b::f() }",
        "use super::b; fn f() { b::f() }",
        "struct A(crate::b::B);",
        "struct A<T: super::b::B>(T);",
        "struct A<T>(<T as crate::b::B>::Item);",
        "impl super::b::B {}",
        "struct A(crate::r#b::B);",
        // Re-exports.
        "pub use crate::b::B;",
        "pub(crate) use crate::b::B; struct A(B);",
        "pub mod prelude { pub use crate::b::B; }",
        // Inline modules.
        "mod inner { use super::super::b::B; }",
        "mod inner { fn f() { super::super::b::f() } }",
        // Aliases.
        "use crate as root; struct A(root::b::B);",
        "use super as up; struct A(up::b::B);",
        "use super::{self as up}; fn f() { use up::b::B; }",
        "use crate::{self as root}; fn f() { root::b::f() }",
        // Macros.
        "fn f() { matches!(x, super::b::B) }",
        "fn f() { matches!(x, self::super::b::B) }",
        "fn f() { assert!([crate::b::f()].is_empty()) }",
        "fn f() { assert!(crate::r#b::f()) }",
        "use super as up; fn f() { assert!(up::b::f()) }",
        "macro_rules! m { () => { $crate::b::f() }; }",
        "macro_rules! m { () => { #[serde(with = \"crate::b\")] struct A; }; }",
        "macro_rules! m { () => { #[crate::b::f] struct A; }; }",
        "crate::b::m!();",
        // Attributes.
        "#[derive(crate::b::B)] struct A;",
        "#[crate::b::f] struct A;",
        "#[arg(value_parser = super::b::f)] struct A;",
        "#[serde(with = \"crate::b\")] struct A;",
        "#[serde(bound = \"T: super::b::B\")] struct A<T>(T);",
        "#[cfg_attr(feature = \"schema\", schemars(with = \"Option<crate::b::B>\"))] struct A;",
    ] {
        assert_eq!(found_in(form), ["a imports b"], "{form}");
    }
}

#[test]
fn an_import_is_followed_to_the_file_that_defines_the_item() {
    for (above, a) in [
        ("mod a; mod b; use b::B;", "use super::B;"),
        ("mod a; mod b; pub use b::B;", "use super::B;"),
        ("use b::B; mod a; mod b;", "struct A(super::B);"),
        ("mod a; mod b; use self::b::B as C;", "use crate::x::C;"),
        ("mod a; mod b; use b as c;", "fn f() { super::c::f() }"),
        ("mod a; mod b; use b as c; use c::B;", "use super::B;"),
        ("mod a; mod b; fn f() { use b::B; }", "use super::B;"),
        ("mod a; mod r#b; use r#b::B;", "use super::r#B;"),
        ("mod a; mod b; pub mod prelude { pub use super::b::B; }", "use super::prelude::B;"),
        ("mod a; mod b; pub use b::made_by_a_macro;", "use super::made_by_a_macro;"),
        ("mod a; mod b;", "use crate::x::{self}; struct A(x::b::B);"),
        ("mod a; mod b; use b::b;", "fn f() { super::b() }"),
    ] {
        let b = "pub struct B; pub fn f() {} pub fn b() {}";
        let files = [("", "mod x;"), ("x", above), ("x/a", a), ("x/b", b)];
        assert_eq!(found(&files), ["x::a imports x::b"], "{above} {a}");
    }
}

#[test]
fn a_cycle_between_a_folder_and_its_files_is_found() {
    for folder in [
        "mod b; use b::B;",
        "use b::B; mod b;",
        "mod b; struct A(b::B);",
        "mod b; pub use b::B; struct A(B);",
        "mod b; pub use b::B; fn f() { matches!(x, B) }",
        "mod b; pub use b::B; fn f() { println!(\"{B:?}\") }",
        "mod b; pub use b::B; m! { #[cfg_attr(x, serde(with = \"B\"))] }",
        "mod b; pub use b::B; #[schemars(with = \"Option<B>\")] struct A;",
        "mod b; pub use b::B; mod inner { use super::B; }",
        "mod b; #[serde(with = \"b\")] struct A;",
    ] {
        let files = [("", "mod a;"), ("a", folder), ("a/b", "use super::A; pub struct B;")];
        assert_eq!(found(&files), ["cycle: a.rs a/b.rs"], "{folder}");
    }
    let files = [
        ("", "mod a;"),
        ("a", "mod b; mod c; pub use c::C;"),
        ("a/b", "use crate::a::C;"),
        ("a/c", "use super::b::B;"),
    ];
    assert_eq!(found(&files), ["a::b imports a::c", "cycle: a/b.rs a/c.rs"]);
}

#[test]
fn forms_that_hide_an_import_are_refused() {
    for (form, reason) in [
        ("use crate::b::*;", "a glob import"),
        ("pub use super::{b::*};", "a glob import"),
        ("fn f() { use Kind::*; }", "a glob import"),
        ("extern crate self as me;", "`extern crate`"),
        ("include!(\"b.rs\");", "`include!`"),
        ("#[path = \"b.rs\"] mod c {}", "`path`, `macro_use` or `macro_export`"),
        ("#[macro_export] macro_rules! m { () => {} }", "`path`, `macro_use` or `macro_export`"),
        ("items! { use super as up; }", "`use`, `mod` or `extern` inside a macro"),
    ] {
        assert_eq!(found_in(form), [format!("crate::a has {reason}")], "{form}");
    }
    let files = [("", "macro_rules! m { () => {} } mod a;"), ("a", "m!();")];
    assert_eq!(found(&files), ["crate has a macro in a file that declares others"]);
}

#[test]
fn what_is_not_an_import_is_not_found() {
    for form in [
        "use std::b::B;",
        "use b::B;",
        "fn f() { b::f() }",
        "use b::b;",
        "/// [`B`](crate::b::B)\nstruct A;",
        "// crate::b::B\nfn f() {}",
        "fn f() { g(\"crate::b\") }",
        "fn f() { panic!(\"crate::b\") }",
        "#[error(\"crate::b is not for {0}\")] struct A(u8);",
        "macro_rules! m { () => { #[doc = \"crate::b\"] struct A; }; }",
        "m! { /** crate::b */ struct A; }",
        "#[cfg(test)] mod tests { use super::*; use crate::b::B; }",
        "#[cfg(doc)] pub mod guide { use crate::b::B; }",
        "mod b { pub struct B; } use b::B; pub use self::b::B as C;",
        "mod inner { use super::A; } struct A; use inner::f;",
    ] {
        let found = found_in(form);
        assert!(found.is_empty(), "{form}: {found:#?}");
    }
}

#[test]
fn a_file_may_import_what_stands_above_it_and_a_folder_may_present_its_files() {
    let b = "
        #[cfg(any(unix, feature = \"inner\"))]
        mod inner;
        #[doc = \"inner\"]
        mod last;
        pub use inner::C;
        pub use last::D;
        #[cfg_attr(feature = \"last\", derive(Debug))]
        pub struct B;
        fn f(last: u8) { g!(last, \"inner\") }";
    let files = [
        ("", "pub mod a; mod b; mod r#c; mod d; pub use b::{B, inner::C};"),
        ("a", "pub struct A;"),
        ("b", b),
        ("b/inner", "use super::B; use crate::a::A; pub struct C;"),
        ("b/last", "use super::{B, C, inner}; fn f() { matches!(x, crate::B | inner::C) }"),
        ("c", "use crate::{B, C, a::A, b::D}; #[serde(with = \"super::b\")] struct E(super::B);"),
        ("d", "mod e; use e::E;"),
        ("d/e", "pub(in crate::d) struct E;"),
    ];
    let found = found(&files);
    assert!(found.is_empty(), "{found:#?}");
}
