//! Only a decision makes a permit.

fn raw(request: deputize::Request, chain: deputize::VerifiedChain) -> deputize::Permit {
    deputize::Permit { request, chain }
}

fn main() {}
