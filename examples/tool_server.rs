//! A service that reads files for agents, and some attempts to make it read others.
//!
//! `cargo run --example tool_server`
//!
//! A call arrives as two texts: a presentation and the arguments of the tool. The service trusts
//! neither. It builds the [`Request`] from the call that it is about to make, decides, and carries
//! out the request in the permit. The token cannot know where a path leads in the file system, so
//! the service checks that itself. `tests/story/tool_server.rs` makes two dozen more attempts.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]
#![expect(clippy::arithmetic_side_effects, reason = "an hour from now is a time that exists")]

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use deputize::time::{Duration, OffsetDateTime};
use deputize::{
    Capability, Constraint, Denial, FormatError, Grant, MemoryReplayGuard, Owner, PresentOptions,
    Presentation, Principal, ReplayPolicy, Request, RequestError, RevocationPolicy, Signer,
    SigningKey, Token, TrustAnchor, Value, Verifier,
};
use serde::Deserialize;

pub(crate) const AUDIENCE: &str = "files.acme.com";

/// The arguments of the tool: exactly these, each once.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadCall {
    path: String,
    max_bytes: i64,
}

/// Answers one call.
pub(crate) fn handle(
    verifier: &Verifier,
    root: &Path,
    presentation: &str,
    call: &str,
    now: OffsetDateTime,
) -> Result<String, Refusal> {
    let call: ReadCall = serde_json::from_str(call)?;
    let args = serde_json::json!({ "max_bytes": call.max_bytes }).to_string();
    let request = Request::new("files.read", &call.path, AUDIENCE)?.with_args(&args)?;
    let presentation = Presentation::parse(presentation)?;
    let permit = verifier.decide(presentation, request, now).into_result().map_err(Box::new)?;
    // From here on, the service uses nothing but the request that was decided about.
    read(root, permit.request())
}

/// Reads the file that the request names, and refuses a path that leads to another one.
///
/// It assumes that nobody changes the directory meanwhile. Where agents can write to it, open below
/// it with `openat2` and `RESOLVE_BENEATH`, as the crate `cap-std` does.
fn read(root: &Path, request: &Request) -> Result<String, Refusal> {
    let root = root.canonicalize()?;
    let asked = request.resource().as_str();
    let real = root.join(asked).canonicalize()?;
    let below = real.strip_prefix(&root).map_err(|_| Refusal::OutsideRoot)?;
    // A link inside the root could still lead out of the directory that was granted.
    if below != Path::new(asked) {
        return Err(Refusal::AnotherFile);
    }
    let file = File::open(&real)?;
    if !file.metadata()?.is_file() {
        return Err(Refusal::NotAFile);
    }
    let most = match request.arg("max_bytes").map_err(RequestError::from)? {
        Some(Value::Integer(most)) => u64::try_from(*most).unwrap_or(0),
        _ => 0,
    };
    let mut text = String::new();
    file.take(most).read_to_string(&mut text)?;
    Ok(text)
}

/// The reason why nothing was read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("bad call: {0}")]
    Call(#[from] serde_json::Error),
    #[error("bad request: {0}")]
    Request(#[from] RequestError),
    #[error("bad presentation: {0}")]
    Presentation(#[from] FormatError),
    #[error("{0}")]
    Denied(#[from] Box<Denial>),
    #[error("the path leads out of the tool's directory")]
    OutsideRoot,
    #[error("the path leads to another file than the one in the call")]
    AnotherFile,
    #[error("there is no plain file at the path")]
    NotAFile,
    #[error("{0}")]
    Io(#[from] io::Error),
}

fn main() -> Result<(), Box<dyn Error>> {
    let now = OffsetDateTime::now_utc();
    let root = std::env::temp_dir().join(format!("deputize-tool-server-{}", std::process::id()));
    fs::create_dir_all(root.join("docs"))?;
    fs::write(root.join("docs/readme.md"), "hello from the readme\n")?;

    // Alice lets a librarian read the documents, 64 bytes at a time, for an hour.
    let (alice, librarian) = (SigningKey::generate()?, SigningKey::generate()?);
    let limits = [Constraint::min(1), Constraint::max(64)];
    let grant = Grant::new(
        Principal::agent("librarian", librarian.public_key())?,
        [Capability::new("files.read", "docs/**")?.with_arg("max_bytes", limits)?],
        now + Duration::hours(1),
        "answer questions about the documents",
    )?;
    let token = Token::mint(Owner::human("alice@acme.com")?, &alice, grant, now)?;
    let verifier = Verifier::new(
        TrustAnchor::new(alice.public_key(), "alice@acme.com"),
        RevocationPolicy::OnlyByExpiry { at_most: Duration::hours(8) },
        ReplayPolicy::refused_by(MemoryReplayGuard::for_new_audience(1_000)),
    );

    let present = |path: &str| -> Result<String, Box<dyn Error>> {
        let request =
            Request::new("files.read", path, AUDIENCE)?.with_args(r#"{"max_bytes":64}"#)?;
        // To see the service refuse what the library would refuse at once.
        let anyway = PresentOptions::default().anyway();
        Ok(token.present_with(&librarian, &request, now, anyway)?.to_text())
    };
    let good = present("docs/readme.md")?;
    for (what, presentation, path) in [
        ("the readme", good.clone(), "docs/readme.md"),
        ("the same presentation again", good, "docs/readme.md"),
        ("another file than presented", present("docs/readme.md")?, "private/salaries.txt"),
        ("a file that is not granted", present("private/salaries.txt")?, "private/salaries.txt"),
        ("a path that climbs", present("docs/readme.md")?, "docs/../../etc/passwd"),
        ("an escaped path", present("docs/readme.md")?, "docs/%2e%2e/%2e%2e/etc/passwd"),
        ("the token itself, not presented", token.to_text(), "docs/readme.md"),
    ] {
        let call = serde_json::json!({ "path": path, "max_bytes": 64 }).to_string();
        match handle(&verifier, &root, &presentation, &call, now) {
            Ok(text) => println!("{what}: allowed, {text:?}"),
            Err(refusal) => println!("{what}: {refusal}"),
        }
    }
    fs::remove_dir_all(&root)?;
    Ok(())
}
