//! An ignored decision protects nothing.

#![deny(unused_must_use)]

fn serve(chain: deputize::VerifiedChain, request: deputize::Request, now: time::OffsetDateTime) {
    chain.authorize(request, now);
}

fn main() {}
