//! A verified chain is used up by the decision about one request.

fn serve(chain: deputize::VerifiedChain, one: deputize::Request, other: deputize::Request) {
    let _ = chain.authorize(one);
    let _ = chain.authorize(other);
}

fn main() {}
