//! A verified chain is used up by the decision about one request.

fn serve(chain: deputize::VerifiedChain, one: deputize::Request, other: deputize::Request, now: time::OffsetDateTime) {
    let _ = chain.authorize(one, now);
    let _ = chain.authorize(other, now);
}

fn main() {}
