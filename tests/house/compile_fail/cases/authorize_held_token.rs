//! A held token cannot authorize a call: only a verified chain can.

fn serve(token: deputize::Token, request: deputize::Request, now: time::OffsetDateTime) {
    token.authorize(request, now);
}

fn main() {}
