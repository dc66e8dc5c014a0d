//! Only the library says what a signature would say.

fn passed_off<'a>(asked: deputize::ToSign<'a>, kind: deputize::SigningKind<'a>) -> deputize::ToSign<'a> {
    deputize::ToSign { kind, ..asked }
}

fn main() {}
