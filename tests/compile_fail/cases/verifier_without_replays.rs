//! Whether replays are refused must be said.

fn trust(anchor: deputize::TrustAnchor) -> deputize::Verifier {
    deputize::Verifier::new([anchor], deputize::Revocation::NotChecked)
}

fn main() {}
