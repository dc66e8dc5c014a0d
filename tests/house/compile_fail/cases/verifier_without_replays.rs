//! A verifier needs a replay policy.

fn trust(anchor: deputize::TrustAnchor) -> deputize::Verifier {
    deputize::Verifier::new(anchor, deputize::RevocationPolicy::OnlyByExpiry { at_most: time::Duration::days(365) })
}

fn main() {}
