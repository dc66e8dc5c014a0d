//! A decision that nobody looks at protects nothing.

#![deny(unused_must_use)]

fn serve(chain: deputize::VerifiedChain, request: deputize::Request) {
    chain.authorize(request);
}

fn main() {}
