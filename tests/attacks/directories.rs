//! Directories that were changed, put together or signed by somebody else.

use deputize::limits::{MAX_AGENTS, MAX_DIRECTORY_BYTES};
use deputize::{
    Agent, AgentStatus, Capability, Directory, DirectoryDraft, DirectoryError, Grant, KeyError,
    Note, NoteError, Owner, Principal, PrincipalKind, Signer, SigningKey, StatementDigest,
    StatementError, StatementScope, Successor, Token,
};
use sha2::{Digest, Sha256};
use time::Duration;

use crate::common::{agent, alice, key, now, owner, planner, researcher, thief, token};

fn listed(name: &str, of: &SigningKey) -> Agent {
    let id = format!("spiffe://acme.com/agents/{name}");
    Agent::new(id, agent(name, of), owner()).unwrap()
}

/// The security team's key.
fn security() -> SigningKey {
    key(50)
}

fn sample() -> Directory {
    let mut draft = DirectoryDraft::named();
    for own in [listed("planner", &planner()), listed("researcher", &researcher())] {
        draft.add(own).unwrap();
    }
    draft.sign(&security(), now(), now() + Duration::DAY).unwrap()
}

/// The text and the body of the sample.
fn parts() -> (String, String) {
    let whole = String::from_utf8(sample().as_bytes().to_vec()).unwrap();
    let (text, rest) = whole.split_once("\n\n").unwrap();
    let (_, body) = rest.split_once('\n').unwrap();
    (format!("{text}\n"), body.to_owned())
}

fn signed(text: &str, body: &str) -> Vec<u8> {
    let name = security().public_key().to_string();
    let note = Note::new(text).unwrap().signed_by(name, &security()).unwrap();
    format!("{note}{body}").into_bytes()
}

/// The reading of a text, signed by its issuer, with this body.
fn read(text: &str, body: &str) -> Result<Directory, StatementError> {
    Directory::parse(&signed(text, body))
}

fn digest(body: &str) -> StatementDigest {
    StatementDigest::from_bytes(Sha256::digest(body).into())
}

/// The reading of a body to which the issuer committed, with this number of agents.
fn with_body(body: &str, count: usize) -> Result<Directory, StatementError> {
    let (text, _) = parts();
    let line = text.lines().last().unwrap();
    let own = format!("agents {count} {} {}", body.len(), digest(body));
    read(&text.replace(line, &own), body)
}

fn entry_error(found: Result<Directory, StatementError>) -> (usize, String) {
    match found {
        Err(StatementError::BodyEntry { entry, why }) => (entry, why),
        other => panic!("{other:?}"),
    }
}

#[test]
fn no_byte_can_be_changed_added_or_left_out() {
    let own = sample();
    let bytes = own.as_bytes();
    assert_eq!(Directory::parse(bytes).unwrap().as_bytes(), bytes);
    for at in 0..bytes.len() {
        for flip in [1, 0x20, 0x80] {
            let mut other = bytes.to_vec();
            other[at] ^= flip;
            assert!(Directory::parse(&other).is_err(), "byte {at} with {flip}");
        }
        assert!(Directory::parse(&bytes[..at]).is_err(), "cut at {at}");
    }
    for more in [&b"\n"[..], b"{}\n", bytes] {
        let error = Directory::parse(&[bytes, more].concat()).unwrap_err();
        assert!(matches!(error, StatementError::BodyLength { .. }), "{error}");
    }
}

#[test]
fn only_the_issuer_signs() {
    let (text, body) = parts();
    let issuer = security().public_key().to_string();
    let by = |names: &[(&str, &SigningKey)]| {
        let note = Note::new(text.as_str()).unwrap();
        let note = names.iter().try_fold(note, |note, (name, key)| note.signed_by(*name, key));
        Directory::parse(format!("{}{body}", note.unwrap()).as_bytes()).map(drop)
    };
    let not_signed = Err(NoteError::NotSignedBy { name: issuer.clone() }.into());
    assert_eq!(by(&[(&issuer, &security())]), Ok(()));
    assert_eq!(by(&[(&issuer, &thief())]), not_signed);
    assert_eq!(by(&[(&thief().public_key().to_string(), &thief())]), not_signed);
    assert_eq!(by(&[("acme.com", &security())]), not_signed);
    // A second signature is not part of the body.
    let error = by(&[(&issuer, &security()), ("acme.com", &thief())]).unwrap_err();
    assert!(matches!(error, StatementError::BodyLength { .. }), "{error}");
}

#[test]
fn no_other_statement_is_a_directory() {
    let statement = Successor::sign(&security(), &planner(), now()).unwrap();
    for text in [
        statement.to_text(),
        parts().0.replacen("agents", "revocations", 1),
        parts().0.replacen("v1", "v2", 1),
        parts().0.replacen("deputize ", "", 1),
    ] {
        let text = text.split_inclusive('\n').take_while(|line| *line != "\n").collect::<String>();
        let error = read(&text, "").unwrap_err();
        assert!(matches!(error, StatementError::WrongKind { expected: "agents", .. }), "{text}");
    }
    let not_a_note = Directory::parse(token().to_text().as_bytes()).unwrap_err();
    assert_eq!(not_a_note, StatementError::Note(NoteError::NoSignature));
    assert!(Directory::parse(token().as_bytes()).is_err());
}

#[test]
fn only_one_text_says_it() {
    let (text, body) = parts();
    assert!(read(&text, &body).is_ok());
    let error = |from: &str, to: &str| {
        let other = text.replacen(from, to, 1);
        assert_ne!(other, text, "{from}");
        read(&other, &body).unwrap_err()
    };
    let line = |line, expected| StatementError::Line { line, expected };
    let agents = "agents NUMBER BYTES DIGEST";
    assert_eq!(error("named", "own"), line(2, "scope named, or scope power HOP"));
    assert_eq!(
        error("scope named\n", ""),
        line(2, "scope own, scope root KEY, scope power HOP, or scope named")
    );
    assert_eq!(error("sequence 1", "sequence 0"), line(3, "sequence NUMBER, at least 1"));
    for other in ["01", "+1"] {
        let spelled = error("sequence 1", &format!("sequence {other}"));
        assert_eq!(spelled, StatementError::Spelling { line: 3 }, "{other}");
    }
    assert_eq!(error("\nagents 2 ", "\nagents 2  "), line(6, agents));
    assert_eq!(error("\nagents 2 ", "\nagents two "), line(6, agents));
    assert_eq!(error("\nagents 2 ", "\nAgents 2 "), line(6, agents));
    assert_eq!(error("\nagents 2 ", "\nagents 02 "), StatementError::Spelling { line: 6 });
    assert_eq!(error("\nissued", "\nnext"), line(4, "issued TIME"));
    assert!(matches!(
        error("2026-11-24", "2026-11-23"),
        StatementError::NextNotLater { issued, next } if issued == next
    ));
    assert_eq!(
        read(&format!("{text}agents 0 0 {}\n", digest("")), &body).unwrap_err(),
        line(7, "the end of the text")
    );
}

/// The numbers in the text are a claim: no room is made for a billion agents.
#[test]
fn a_header_may_claim_anything() {
    let (text, _) = parts();
    let last = text.lines().last().unwrap();
    let claim = |count: u64, length: u64, body: &str| {
        let own = format!("agents {count} {length} {}", digest(body));
        read(&text.replace(last, &own), body).unwrap_err()
    };
    let many = |what, found, most: usize| StatementError::TooMany {
        what,
        found,
        most: most.try_into().unwrap(),
    };
    let billion = 1_000_000_000;
    assert_eq!(claim(billion, 0, ""), many("agents", billion, MAX_AGENTS));
    assert_eq!(claim(0, billion, ""), many("bytes of agents", billion, MAX_DIRECTORY_BYTES));
    let most = u64::try_from(MAX_DIRECTORY_BYTES).unwrap();
    assert_eq!(claim(1, most, "a"), StatementError::BodyLength { expected: most, found: 1 });
    let huge = text.replace(last, &format!("agents {} 0 {}", u64::MAX, digest("")));
    let expected = "agents NUMBER BYTES DIGEST";
    assert_eq!(read(&huge, "").unwrap_err(), StatementError::Line { line: 6, expected });
    let count = u64::try_from(MAX_AGENTS).unwrap();
    let empty = "\n".repeat(MAX_AGENTS);
    assert!(matches!(claim(count, count, &empty), StatementError::BodyEntry { entry: 0, .. }));
}

#[test]
fn the_body_is_the_one_that_was_signed() {
    let (text, body) = parts();
    let longer = format!("{body}{body}");
    let [expected, found] = [&body, &longer].map(|of| u64::try_from(of.len()).unwrap());
    assert_eq!(read(&text, &longer).unwrap_err(), StatementError::BodyLength { expected, found });
    let other = body.replacen("planner", "plonner", 1);
    assert_eq!(read(&text, &other).unwrap_err(), StatementError::BodyDigest);
}

/// Even an issuer can sign only what a writer writes.
#[test]
fn the_entries_have_one_spelling_and_one_order() {
    let (_, body) = parts();
    let lines: Vec<_> = body.split_inclusive('\n').collect();
    let [first, second] = lines[..] else { panic!("{body}") };
    assert!(with_body(&body, 2).is_ok());
    assert!(with_body("", 0).is_ok());
    let reordered = with_body(&[second, first].concat(), 2).unwrap_err();
    assert_eq!(reordered, StatementError::BodyOrder { entry: 1 });
    let twice = with_body(&[first, first].concat(), 2).unwrap_err();
    assert_eq!(twice, StatementError::BodyOrder { entry: 1 });
    for count in [1, 3] {
        let why = format!("is the last, and the text counts {count} entries");
        assert_eq!(entry_error(with_body(&body, count)), (1, why));
    }
    let cut = body.trim_end();
    assert_eq!(entry_error(with_body(cut, 2)), (1, "does not end in a line feed".to_owned()));
    let spelled = "is not spelled as canonical JSON (RFC 8785)";
    for (from, to) in [
        (r#"{"accountable":"#, r#"{ "accountable":"#),
        (r#""name":"planner""#, r#""name":"pl\u0061nner""#),
        (
            r#"{"kind":"human","name":"alice@acme.com"}"#,
            r#"{"name":"alice@acme.com","kind":"human"}"#,
        ),
        (r#""status":"active"}"#, r#""status":"active","valid_from":"2026-11-23T18:00:00+00:00"}"#),
        (r#""status":"active"}"#, r#""status":"active","valid_from":"2026-11-23T18:00:00.5Z"}"#),
        ("}\n", "}\r\n"),
    ] {
        let other = body.replace(from, to);
        assert_ne!(other, body, "{from}");
        let (_, why) = entry_error(with_body(&other, 2));
        assert_eq!(why, spelled, "{to}");
    }
    for (from, to, why) in [
        (r#""status":"active""#, r#""status":"busy""#, "unknown variant `busy`"),
        (r#"{"acc"#, r#"{"a":1,"acc"#, "unknown field `a`"),
        (r#""may_spawn":false"#, r#""may_spawn":true,"may_spawn":false"#, "duplicate field"),
        (r#""id":"spiffe"#, r#""id":""#, "is not a URI"),
        ("{\"acc", "\n{\"acc", "EOF"),
    ] {
        let other = body.replace(from, to);
        assert_ne!(other, body, "{from}");
        let (entry, found) = entry_error(with_body(&other, 2));
        assert_eq!(entry, 0);
        assert!(found.starts_with("is not an agent: ") && found.contains(why), "{found}");
    }
}

/// The power of a root over its chains, as its token gives it, is shown and not yet judged.
#[test]
fn a_directory_for_one_root_carries_the_token_that_gives_the_power() {
    let power = |to: &SigningKey| {
        let named = Principal::new("security", PrincipalKind::Service, to.public_key()).unwrap();
        let power = Capability::new("deputize.directory", "agent/**").unwrap();
        let grant = Grant::new(named, [power], now() + Duration::DAY, "keeps the directory");
        Token::mint(owner(), &alice(), grant.unwrap(), now()).unwrap()
    };
    let token = power(&security());
    let mut draft = DirectoryDraft::by_power_of(token.clone());
    draft.add(listed("planner", &planner())).unwrap();
    let sign = |draft: &DirectoryDraft| draft.sign(&security(), now(), now() + Duration::DAY);
    let own = sign(&draft).unwrap();
    let read_back = Directory::parse(own.as_bytes()).unwrap();
    assert_eq!(read_back.authority(), Some(&token));
    assert_eq!(read_back.scope(), StatementScope::Power(token.hop_ids().last().unwrap()));

    let whole = String::from_utf8(own.as_bytes().to_vec()).unwrap();
    let (text, rest) = whole.split_once("\n\n").unwrap();
    let (_, body) = rest.split_once('\n').unwrap();
    let (without, line) = text.rsplit_once('\n').unwrap();
    let missing = read(&format!("{without}\n"), body).unwrap_err();
    assert!(matches!(missing, StatementError::AuthorityNotOfScope { .. }), "{missing}");
    // Another spelling of the token, a token that was changed, and no token.
    for other in [
        format!("{line}="),
        line.replace("authority ", "authority A"),
        "authority TOKEN".to_owned(),
    ] {
        let error = read(&format!("{without}\n{other}\n"), body).unwrap_err();
        assert!(matches!(error, StatementError::Authority { .. }), "{other}: {error}");
    }
    let (first, _) = parts();
    let added = read(&format!("{first}{line}\n"), &parts().1).unwrap_err();
    assert!(matches!(added, StatementError::AuthorityNotOfScope { .. }), "{added}");
}

#[test]
fn a_draft_refuses_what_would_not_be_read() {
    let first = sample();
    let sign = |signer: &SigningKey, now, next| {
        DirectoryDraft::of(&first).sign(signer, now, next).map(drop).unwrap_err()
    };
    let (later, day) = (now() + Duration::HOUR, now() + Duration::DAY);
    let statement = |error| DirectoryError::Statement(error);
    let [issuer, signer] = [security(), thief()].map(|key| Box::new(key.public_key()));
    let not_the_issuer = StatementError::NotTheIssuer { issuer, signer };
    assert_eq!(sign(&thief(), later, day), statement(not_the_issuer));
    let (before, earlier) = (now(), now() - Duration::SECOND);
    let not_newer = StatementError::BeforePrevious { before, now: earlier };
    assert_eq!(sign(&security(), earlier, day), statement(not_newer));
    let not_later = StatementError::NextNotLater { issued: later, next: later };
    assert_eq!(sign(&security(), later, later + Duration::milliseconds(999)), statement(not_later));
    let terminal = SigningKey::from_bytes(
        &Sha256::digest(b"deputize: nothing may follow a presentation").into(),
    );
    let error = DirectoryDraft::named().sign(&terminal, later, day);
    let published = DirectoryError::Agent(KeyError::Published.into());
    assert_eq!(error.unwrap_err(), published);
    assert!(Owner::human("").is_err());
}

/// A deleted entry would let a suspended agent in again, below one that may spawn.
#[test]
fn a_newer_directory_cannot_drop_an_agent() {
    let [planner_key, researcher_key] = [planner(), researcher()].map(|key| key.public_key());
    let mut draft = DirectoryDraft::of(&sample());
    draft.suspend(&researcher_key).unwrap();
    let later = now() + Duration::HOUR;
    let before = draft.sign(&security(), later, later + Duration::DAY).unwrap();
    let mut draft = DirectoryDraft::of(&before);
    draft.remove(&researcher_key).unwrap();
    let early = DirectoryError::RemovedEarly { key: Box::new(researcher_key) };
    let century = later + 36_500 * Duration::DAY;
    for at in [later, century] {
        // It has no end, so it stays for ever.
        let found = draft.sign(&security(), at, at + Duration::DAY).map(drop);
        assert_eq!(found, Err(early.clone()));
    }
    // One that other software wrote is noticed by its reader.
    let mut without = DirectoryDraft::named();
    without.add(listed("planner", &planner())).unwrap();
    let other = without.sign(&security(), later, later + Duration::DAY).unwrap();
    assert_eq!(other.lacks_of(&before).map(Agent::key), Some(researcher_key));
    assert_eq!(before.lacks_of(&other), None);
    assert_eq!(other.lacks_of(&other).map(Agent::key), None);
    assert!(before.agent(&planner_key).is_some());
}

/// A thief with a copy of the issuer's key adds an agent beside the issuer's own changes.
#[test]
fn the_end_of_a_fork_admits_nobody_whom_only_one_side_knows() {
    let later = now() + Duration::HOUR;
    let sign =
        |draft: &DirectoryDraft| draft.sign(&security(), later, later + Duration::DAY).unwrap();
    let mut own = DirectoryDraft::of(&sample());
    own.suspend(&planner().public_key()).unwrap();
    let mut forged = DirectoryDraft::of(&sample());
    forged.add(listed("helper", &thief())).unwrap();
    let [own, forged] = [sign(&own), sign(&forged)];
    let [planner_key, researcher_key, thief_key] =
        [planner(), researcher(), thief()].map(|key| key.public_key());
    let status = |of: &Directory, key| of.agent(&key).map(Agent::status);
    for (one, other) in [(&own, &forged), (&forged, &own)] {
        let end = sign(&DirectoryDraft::ending_fork(one, other));
        assert_eq!(end.sequence(), 3);
        let text = String::from_utf8_lossy(end.as_bytes()).into_owned();
        for head in [one, other] {
            assert!(text.contains(&head.digest().to_string()), "{text}");
            assert_eq!(end.lacks_of(head), None);
        }
        assert_eq!(status(&end, planner_key), Some(AgentStatus::Suspended));
        assert_eq!(status(&end, researcher_key), Some(AgentStatus::Active));
    }
    // The issuer says which of the two is its own.
    let end = sign(&DirectoryDraft::ending_fork(&own, &forged));
    assert_eq!(status(&end, thief_key), Some(AgentStatus::Suspended));
}
