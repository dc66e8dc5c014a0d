//! A verifier needs a revocation policy.

fn trust(anchor: deputize::TrustAnchor) -> deputize::Verifier {
    deputize::Verifier::new(anchor, deputize::ReplayPolicy::accepted_for([deputize::OperationPattern::Any]))
}

fn main() {}
