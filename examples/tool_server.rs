//! The service's side: a tool that reads files, and two dozen attempts to talk it into others.
//!
//! `cargo run --example tool_server`
//!
//! A request is two texts: a presentation and a call. The service trusts neither. It builds the
//! [`Request`] from the call that it is about to make, decides, and carries out what the permit
//! holds. What a path leads to is the file system's business, not the token's, so the service looks
//! at that itself.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]
#![expect(clippy::arithmetic_side_effects, reason = "an hour from now is a time that exists")]

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, Read};
#[cfg(unix)]
use std::os::unix::fs::symlink;
#[cfg(windows)]
use std::os::windows::fs::symlink_file as symlink;
use std::path::{Path, PathBuf};

use deputize::{
    Capability, Constraint, Denial, FormatError, Grant, MemoryReplayGuard, Owner, Presentation,
    Principal, ReplayPolicy, Request, RequestError, RevocationPolicy, Signer, SigningKey, Token,
    TrustAnchor, Value, Verifier,
};
use serde::Deserialize;
use time::{Duration, OffsetDateTime};

const AUDIENCE: &str = "files.acme.com";

/// What the tool can be asked: exactly these arguments, each of them once.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadCall {
    path: String,
    max_bytes: i64,
}

/// Answers one request.
fn handle(
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
    // From here on there is only the request that was decided about.
    read(root, permit.request())
}

/// Reads the file that the request names, and no other that its path leads to.
///
/// It relies on nobody changing the directory meanwhile. Where agents can write to it, open below
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
    let most = match request.arg("max_bytes") {
        Some(Value::Integer(most)) => u64::try_from(*most).unwrap_or(0),
        _ => 0,
    };
    let mut text = String::new();
    file.take(most).read_to_string(&mut text)?;
    Ok(text)
}

/// Why nothing was read, and in brackets who or what refused.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("{0} [call]")]
    Call(#[from] serde_json::Error),
    #[error("{0} [request]")]
    Request(#[from] RequestError),
    #[error("{0} [presentation]")]
    Presentation(#[from] FormatError),
    #[error("{}", reasons(.0))]
    Denied(Box<Denial>),
    #[error("the path leads out of the tool's directory [outside_root]")]
    OutsideRoot,
    #[error("the path leads to another file than the one that was asked for [another_file]")]
    AnotherFile,
    #[error("there is no plain file [not_a_file]")]
    NotAFile,
    #[error("{0} [io]")]
    Io(#[from] io::Error),
}

impl From<Box<Denial>> for Refusal {
    fn from(denial: Box<Denial>) -> Self {
        Self::Denied(denial)
    }
}

impl Refusal {
    /// What refused: the code of the verifier's first reason, or a word of this tool.
    fn code(&self) -> &'static str {
        match self {
            Self::Call(_) => "call",
            Self::Request(_) => "request",
            Self::Presentation(_) => "presentation",
            Self::Denied(denial) => {
                denial.reasons().first().map_or("denied", |reason| reason.code.as_str())
            }
            Self::OutsideRoot => "outside_root",
            Self::AnotherFile => "another_file",
            Self::NotAFile => "not_a_file",
            Self::Io(_) => "io",
        }
    }
}

fn reasons(denial: &Denial) -> String {
    let reasons: Vec<_> = denial.reasons().iter().map(ToString::to_string).collect();
    reasons.join("; ")
}

/// One request, and what should come of it.
struct Attempt {
    what: &'static str,
    presentation: String,
    call: String,
    expected: Outcome,
}

#[derive(Debug, PartialEq)]
enum Outcome {
    Allowed(String),
    Refused(&'static str),
}

fn main() -> Result<(), Box<dyn Error>> {
    let now = OffsetDateTime::now_utc();
    let directory = Directory::create()?;
    let agent = Agent::hired(now)?;
    let verifier = Verifier::new(
        TrustAnchor::new(agent.alice, "alice@acme.com"),
        RevocationPolicy::OnlyByExpiry { at_most: Duration::hours(8) },
        ReplayPolicy::refused_by(MemoryReplayGuard::for_new_audience(1_000)),
    );
    let mut wrong = 0_u32;
    let mut allowed = 0_u32;
    for attempt in attempts(&agent)? {
        let (presentation, call) = (&attempt.presentation, &attempt.call);
        let answer = handle(&verifier, &directory.root, presentation, call, now);
        let (outcome, shown) = match answer {
            Ok(text) => {
                allowed += 1;
                let shown = format!("allowed  {text:?}");
                (Outcome::Allowed(text), shown)
            }
            Err(refusal) => {
                let shown = format!("refused  {refusal}");
                (Outcome::Refused(refusal.code()), shown)
            }
        };
        println!("{:<46} → {shown}", attempt.what);
        // The passwords' file names root, the salaries' file is the other one not to be read.
        let leaks = shown.contains("root:") || shown.contains("salaries:");
        if outcome != attempt.expected || leaks {
            println!("    EXPECTED {:?}, LEAKS: {leaks}", attempt.expected);
            wrong += 1;
        }
    }
    println!("\n{allowed} allowed, everything else refused");
    if wrong > 0 || allowed != 3 {
        return Err(format!("{wrong} attempts came out other than expected").into());
    }
    Ok(())
}

/// An agent that may read `docs/**`, up to 64 bytes at a time, for an hour.
struct Agent {
    alice: deputize::PublicKey,
    key: SigningKey,
    token: Token,
    now: OffsetDateTime,
}

impl Agent {
    fn hired(now: OffsetDateTime) -> Result<Self, Box<dyn Error>> {
        let (alice, key) = (SigningKey::generate()?, SigningKey::generate()?);
        let token = Self::token(&alice, &key, "docs/**", now)?;
        Ok(Self { alice: alice.public_key(), key, token, now })
    }

    fn token(
        owner: &SigningKey,
        agent: &SigningKey,
        resources: &str,
        now: OffsetDateTime,
    ) -> Result<Token, Box<dyn Error>> {
        let limits = [Constraint::min(1), Constraint::max(64)];
        let grant = Grant::new(
            Principal::agent("librarian", agent.public_key())?,
            [Capability::new("files.read", resources)?.with_arg("max_bytes", limits)?],
            now + Duration::hours(1),
            "answer questions about the documents",
        )?;
        Ok(Token::mint(Owner::human("alice@acme.com")?, owner, grant, now)?)
    }

    /// Presents the token for a call as an honest agent does.
    fn present(&self, path: &str, max_bytes: i64) -> Result<String, Box<dyn Error>> {
        self.present_at(AUDIENCE, path, max_bytes)
    }

    fn present_at(
        &self,
        audience: &str,
        path: &str,
        max_bytes: i64,
    ) -> Result<String, Box<dyn Error>> {
        let args = serde_json::json!({ "max_bytes": max_bytes }).to_string();
        let request = Request::new("files.read", path, audience)?.with_args(&args)?;
        let presented = self.token.present(&self.key, &request, self.now)?;
        Ok(presented.to_text())
    }

    /// A token that the agent made itself, for everything.
    fn own_making(&self) -> Result<String, Box<dyn Error>> {
        let accomplice = SigningKey::generate()?;
        let token = Self::token(&self.key, &accomplice, "**", self.now)?;
        let request = Request::new("files.read", "private/salaries.txt", AUDIENCE)?
            .with_args(r#"{"max_bytes":64}"#)?;
        Ok(token.present(&accomplice, &request, self.now)?.to_text())
    }
}

fn attempts(agent: &Agent) -> Result<Vec<Attempt>, Box<dyn Error>> {
    let call = |path: &str, max_bytes: i64| {
        serde_json::json!({ "path": path, "max_bytes": max_bytes }).to_string()
    };
    // Asks for what it presents.
    let honest = |what, path: &str, max_bytes, expected| -> Result<_, Box<dyn Error>> {
        Ok(Attempt {
            what,
            presentation: agent.present(path, max_bytes)?,
            call: call(path, max_bytes),
            expected,
        })
    };
    // Presents something harmless and asks for something else.
    let sly = |what, call: String, code| -> Result<_, Box<dyn Error>> {
        Ok(Attempt {
            what,
            presentation: agent.present("docs/readme.md", 64)?,
            call,
            expected: Outcome::Refused(code),
        })
    };
    let forged = |what, presentation, code| Attempt {
        what,
        presentation,
        call: call("docs/readme.md", 64),
        expected: Outcome::Refused(code),
    };
    let readme = || Outcome::Allowed("hello from the readme\n".to_owned());
    let twice = agent.present("docs/readme.md", 64)?;
    let replay = |what, expected| Attempt {
        what,
        presentation: twice.clone(),
        call: call("docs/readme.md", 64),
        expected,
    };
    Ok(vec![
        honest("docs/readme.md", "docs/readme.md", 64, readme())?,
        honest(
            "docs/readme.md, 5 bytes of it",
            "docs/readme.md",
            5,
            Outcome::Allowed("hello".to_owned()),
        )?,
        honest(
            "private/salaries.txt, which is not granted",
            "private/salaries.txt",
            64,
            Outcome::Refused("resource_not_granted"),
        )?,
        // Another path than the one that was presented.
        sly("../../etc/passwd", call("../../etc/passwd", 64), "request")?,
        sly("/etc/passwd", call("/etc/passwd", 64), "request")?,
        sly("docs/../../etc/passwd", call("docs/../../etc/passwd", 64), "request")?,
        sly("%2e%2e/etc/passwd", call("%2e%2e/etc/passwd", 64), "request")?,
        sly(
            "docs/%252e%252e/etc/passwd, escaped twice",
            call("docs/%252e%252e/etc/passwd", 64),
            "request",
        )?,
        sly(r"docs\..\..\etc\passwd", call(r"docs\..\..\etc\passwd", 64), "request")?,
        sly("docs/passwd, a NUL, .md", call("docs/passwd\0.md", 64), "request")?,
        sly(
            "private/salaries.txt, presented as docs/…",
            call("private/salaries.txt", 64),
            "wrong_request",
        )?,
        sly("64 bytes presented, 4096 asked for", call("docs/readme.md", 4096), "wrong_request")?,
        sly(
            "the path twice in one call",
            r#"{"path":"docs/readme.md","path":"/etc/passwd","max_bytes":64}"#.to_owned(),
            "call",
        )?,
        sly(
            "an argument that the tool does not have",
            r#"{"path":"docs/readme.md","max_bytes":64,"root":"/etc"}"#.to_owned(),
            "call",
        )?,
        // What the token allows and the file system must refuse.
        honest(
            "docs/shortcut, a link to /etc/passwd",
            "docs/shortcut",
            64,
            Outcome::Refused("outside_root"),
        )?,
        honest(
            "docs/etc/passwd, by a link to /etc",
            "docs/etc/passwd",
            64,
            Outcome::Refused("outside_root"),
        )?,
        honest(
            "docs/notes, a link to private/salaries.txt",
            "docs/notes",
            64,
            Outcome::Refused("another_file"),
        )?,
        honest("docs/drafts, a directory", "docs/drafts", 64, Outcome::Refused("not_a_file"))?,
        sly("docs/．．/etc/passwd, with wide dots", call("docs/．．/etc/passwd", 64), "request")?,
        // More than the limit, honestly presented.
        honest(
            "4096 bytes presented and asked for",
            "docs/readme.md",
            4096,
            Outcome::Refused("argument_refused"),
        )?,
        // The presentation itself.
        replay("a presentation", readme()),
        replay("the same presentation again", Outcome::Refused("replayed")),
        forged(
            "a presentation for another service",
            agent.present_at("mail.acme.com", "docs/readme.md", 64)?,
            "wrong_audience",
        ),
        forged("the token itself, not presented", agent.token.to_text(), "not_presented"),
        forged("a token of the agent's own making", agent.own_making()?, "untrusted_root"),
        forged("no token at all", "trust me".to_owned(), "presentation"),
    ])
}

/// A directory with something to read, gone when dropped.
///
/// ```text
/// root/docs/readme.md
/// root/docs/drafts/
/// root/docs/shortcut  -> /etc/passwd
/// root/docs/etc       -> /etc
/// root/docs/notes     -> ../private/salaries.txt
/// root/private/salaries.txt
/// ```
struct Directory {
    root: PathBuf,
}

impl Directory {
    fn create() -> io::Result<Self> {
        let name = format!("deputize-tool-server-{}", std::process::id());
        let directory = Self { root: std::env::temp_dir().join(name) };
        let (docs, private) = (directory.root.join("docs"), directory.root.join("private"));
        // Fails where something of this name stands already.
        fs::create_dir(&directory.root)?;
        fs::create_dir_all(docs.join("drafts"))?;
        fs::create_dir(&private)?;
        fs::write(docs.join("readme.md"), "hello from the readme\n")?;
        fs::write(private.join("salaries.txt"), "salaries: a lot\n")?;
        symlink("/etc/passwd", docs.join("shortcut"))?;
        symlink("/etc", docs.join("etc"))?;
        symlink("../private/salaries.txt", docs.join("notes"))?;
        Ok(directory)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // What is left over lies in the directory for temporary files.
        let _ = fs::remove_dir_all(&self.root);
    }
}
