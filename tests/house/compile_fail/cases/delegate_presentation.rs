//! Nothing may follow a presentation.

fn pass_on(
    presentation: deputize::Presentation,
    key: deputize::SigningKey,
    grant: deputize::Grant,
    now: time::OffsetDateTime,
) {
    let _ = presentation.delegate(&key, grant, now);
}

fn main() {}
