//! Whether replays are refused must be said.

fn trust(anchor: deputize::TrustAnchor) -> deputize::Verifier {
    deputize::Verifier::new(anchor, deputize::RevocationPolicy::OnlyByExpiry { at_most: time::Duration::days(365) })
}

fn main() {}
