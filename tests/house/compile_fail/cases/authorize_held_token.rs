//! A held token is no evidence: only what a verifier checked can be asked.

fn serve(token: deputize::Token, request: deputize::Request, now: time::OffsetDateTime) {
    token.authorize(request, now);
}

fn main() {}
