//! A verifier takes a presentation, never a held token.

fn serve(
    verifier: deputize::Verifier,
    token: deputize::Token,
    request: deputize::Request,
    now: time::OffsetDateTime,
) {
    let _ = verifier.decide(token, request, now);
}

fn main() {}
