//! The grammars of the command: accepted input, printed and parsed again, gives the same value, and
//! an error points into the text.

use clap::{Args, Command, FromArgMatches};
use deputize::{
    OperationPattern, PublicKey, ReplayPolicy, Request, RevocationPolicy, Signer, SigningKey,
    TrustAnchor, Verifier,
};
use deputize_cli::batch::{self, Clock, Progress};
use deputize_cli::input::capabilities::CapabilitiesFile;
use deputize_cli::input::grant::GrantArgs;
use deputize_cli::input::request::CallArgs;
use deputize_cli::input::when::{When, WhenError};
use deputize_cli::input::{token, trust};
use deputize_cli::output::Output;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::allowed::{allowed, spelled};
use crate::common::now;
use crate::json::{self, Json};
use crate::visible::require_visible;

/// The first byte selects the grammar for the rest.
pub fn check(data: &[u8]) {
    let Some((what, rest)) = data.split_first() else { return };
    if what % 9 == 7 {
        return lines(rest);
    }
    let Ok(text) = std::str::from_utf8(rest) else { return };
    match what % 9 {
        0 => allowed(text),
        1 => when(text),
        2 => delegate(text),
        3 => trust_option(text),
        4 => arguments(text),
        5 => capabilities_file(text),
        6 => request(text),
        _ => spelled(text),
    }
}

/// `--expires`, `--not-before` and `--at`.
fn when(text: &str) {
    let read = text.parse::<When>();
    match read {
        Ok(When::After(seconds)) => {
            assert_eq!(seconds_in(text), Some(u128::from(seconds)), "{text}");
            assert_eq!(format!("{seconds}s").parse(), Ok(When::After(seconds)));
        }
        Ok(When::At(instant)) => {
            assert!(instant >= OffsetDateTime::UNIX_EPOCH, "{text}");
            let printed = instant.format(&Rfc3339).expect("what was read can be written");
            assert_eq!(printed.parse(), Ok(When::At(instant)), "{text}");
        }
        Err(ref error) => {
            require_visible(&error.to_string());
            let seconds = seconds_in(text);
            let is_right = match error {
                WhenError::Zero => seconds == Some(0),
                WhenError::OutOfRange => seconds.is_none_or(|own| own > u128::from(u32::MAX)),
                _ => seconds.is_none(),
            };
            assert!(is_right, "{text} has {seconds:?} seconds: {error}");
        }
    }
    if let Ok(when) = read {
        let _ = when.from(now());
    }
}

/// The seconds of a duration, computed differently: from the end.
fn seconds_in(text: &str) -> Option<u128> {
    if text.is_empty() {
        return None;
    }
    let mut total = 0_u128;
    let mut rest = text;
    while let Some(unit) = rest.chars().next_back() {
        let size = match unit {
            's' => 1,
            'm' => 60,
            'h' => 60 * 60,
            'd' => 24 * 60 * 60,
            'w' => 7 * 24 * 60 * 60,
            _ => return None,
        };
        rest = &rest[..rest.len() - 1];
        let start = rest.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let digits = rest[start..].trim_start_matches('0');
        if rest[start..].is_empty() {
            return None;
        }
        // So many digits are too many anyway.
        let count = if digits.len() > 20 { u128::from(u64::MAX) } else { number(digits) };
        total += count * size;
        rest = &rest[..start];
    }
    Some(total)
}

fn number(digits: &str) -> u128 {
    digits.bytes().fold(0, |n, digit| n * 10 + u128::from(digit - b'0'))
}

/// Returns true if a text is read as a key, and not as the name of a file.
fn is_no_file(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with("ed25519/")
        || text.starts_with("ssh-ed25519 ")
        || text.starts_with("-----BEGIN")
}

fn options<T: Args + FromArgMatches>(words: &[String]) -> T {
    let command = T::augment_args(Command::new("fuzz").no_binary_name(true));
    T::from_arg_matches(&command.try_get_matches_from(words).unwrap()).unwrap()
}

/// `--to`.
fn delegate(text: &str) {
    let key = text.split_once('=').map(|(_, key)| key);
    if !key.is_some_and(is_no_file) {
        return;
    }
    let read = |text: &str| {
        let words = [&format!("--to={text}"), "--allow=a b", "--expires=1h", "--purpose=p"];
        let args: GrantArgs = options(&words.map(ToString::to_string));
        args.grant(now(), &Output::default())
    };
    match read(text) {
        Ok(grant) => {
            let (name, key) = (grant.delegate().name(), grant.delegate().key());
            assert!(text.starts_with(&format!("{name}=")), "{text}");
            require_same_key(text.split_once('=').unwrap().1, key);
            assert_eq!(read(&format!("{name}={key}")).ok(), Some(grant));
        }
        Err(error) => require_visible(&error.to_string()),
    }
}

/// A key as text is the key; other spellings (PEM, OpenSSH) hold its bytes in base64.
fn require_same_key(text: &str, key: PublicKey) {
    if let Some(hex) = text.trim().strip_prefix("ed25519/") {
        assert_eq!(key.to_string(), format!("ed25519/{hex}"));
    }
}

/// `--trust`.
fn trust_option(text: &str) {
    let (key, owner) = text.split_once('=').map_or((text, None), |(key, own)| (key, Some(own)));
    if !is_no_file(key) {
        return;
    }
    match trust::trust_anchor(text) {
        Ok(anchor) => {
            require_same_key(key, anchor.key());
            let printed = match owner {
                None => anchor.key().to_string(),
                Some(owner) => format!("{}={owner}", anchor.key()),
            };
            assert_eq!(trust::trust_anchor(&printed).as_ref().ok(), Some(&anchor));
            assert_eq!(anchor == TrustAnchor::for_any_owner(anchor.key()), owner.is_none());
        }
        Err(error) => require_visible(&error.to_string()),
    }
}

/// A value without quotes: a number counts only as it is signed.
fn bare(text: &str) -> Json {
    let json = json::read(text);
    let is_other_number = |json: &Json| matches!(json, Json::Number(_)) && json.canonical() != text;
    json.filter(|json| !is_other_number(json)).unwrap_or_else(|| Json::String(text.to_owned()))
}

/// `--arg`, one per line.
fn arguments(text: &str) {
    let read = |args: &mut dyn Iterator<Item = String>| {
        let words = ["--operation=crm.read", "--resource=a/b", "--audience=crm.acme.com"];
        let words = words.map(str::to_owned).into_iter();
        let args = args.map(|own| format!("--arg={own}"));
        options::<CallArgs>(&words.chain(args).collect::<Vec<_>>()).request()
    };
    match read(&mut text.split('\n').map(str::to_owned)) {
        Ok(request) => {
            let members = text.split('\n').map(|arg| {
                let (name, value) = arg.split_once('=').expect("an argument has a value");
                (name.to_owned(), bare(value))
            });
            let args = Json::Object(members.collect());
            assert!(!args.repeats(), "{text}");
            let canonical = format!(
                r#"{{"args":{},"audience":"crm.acme.com","operation":"crm.read","resource":"a/b"}}"#,
                args.canonical()
            );
            let digest = request.digest();
            match Request::from_json(&canonical) {
                Ok(again) => assert_eq!(again.digest(), digest, "{text}\n{canonical}"),
                Err(error) => assert!(args.rounds(), "{canonical}: {error}"),
            }
            let printed = request.args().iter().map(|(name, value)| format!("{name}={value}"));
            let again = read(&mut printed.collect::<Vec<_>>().into_iter()).unwrap();
            assert_eq!(again.digest(), digest, "{text}");
        }
        Err(error) => require_visible(&error.to_string()),
    }
}

/// The file of `--capabilities`.
fn capabilities_file(text: &str) {
    match CapabilitiesFile::from_json(text) {
        Ok(file) => {
            assert!(json::read(text).is_some_and(|json| !json.repeats()), "{text}");
            let printed = serde_json::json!({"capabilities": file.capabilities}).to_string();
            assert_eq!(
                CapabilitiesFile::from_json(&printed).as_ref().ok(),
                Some(&file),
                "{printed}"
            );
            // The text for people is one line without invisible characters.
            file.capabilities.iter().for_each(|own| {
                let line = own.to_string();
                require_visible(&line);
                assert_eq!(line.lines().count(), 1);
            });
        }
        Err(error) => drop(error.to_string()),
    }
}

/// The file of `--request`.
fn request(text: &str) {
    if let Ok(request) = Request::from_json(text) {
        let printed = serde_json::json!({
            "operation": request.operation().as_str(),
            "resource": request.resource().as_str(),
            "audience": request.audience(),
            "args": request.args(),
        });
        let again = Request::from_json(&printed.to_string()).unwrap();
        // A float that rounds to an integer is printed as that integer.
        match json::read(text).is_some_and(|json| json.rounds()) {
            true => assert_eq!(again.digest(), request.digest(), "{printed}"),
            false => assert_eq!(again, request, "{printed}"),
        }
    }
}

/// The lines of `verify --batch`: each gets an answer, in order, which is the same as for the line
/// alone.
fn lines(input: &[u8]) {
    let alice = SigningKey::from_bytes(&[1; 32]).public_key();
    let anchor = TrustAnchor::for_any_owner(alice);
    let replays = ReplayPolicy::accepted_for([OperationPattern::Any]);
    let verifier = Verifier::new(
        anchor,
        RevocationPolicy::OnlyByExpiry { at_most: time::Duration::days(365) },
        replays,
    );
    let mut output = Vec::new();
    let progress = Progress::hidden();
    let input_of = std::io::Cursor::new(input.to_vec());
    let tally =
        batch::verify(input_of, &mut output, &verifier, Clock::Fixed(now()), progress).unwrap();
    let output = String::from_utf8(output).expect("answers are text");
    let questions = input.split_inclusive(|b| *b == b'\n').map(|line| {
        let line = line.trim_ascii();
        line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line).trim_ascii()
    });
    // A line without text is skipped.
    let questions: Vec<_> = questions.filter(|line| !line.is_empty()).collect();
    let answers: Vec<_> = output.lines().collect();
    assert_eq!(answers.len(), questions.len(), "{output}");
    assert_eq!(tally.lines(), questions.len() as u64);
    let mut counts = [0; 3];
    for (question, answer) in questions.into_iter().zip(answers) {
        require_visible(answer);
        let answer: Value = serde_json::from_str(answer).expect("an answer is JSON");
        let decision = match answer["decision"].as_str() {
            Some("allow") => Some(true),
            Some("deny") => Some(false),
            Some("error") => None,
            other => panic!("{other:?}"),
        };
        counts[decision.map_or(2, |is| usize::from(!is))] += 1;
        assert_eq!(answer["reasons"].as_array().unwrap().is_empty(), decision == Some(true));
        let alone = std::str::from_utf8(question).ok().and_then(|line| alone(line, &verifier));
        assert_eq!(decision, alone, "{}", String::from_utf8_lossy(question));
    }
    assert_eq!(counts, [tally.passed, tally.denied, tally.malformed]);
}

/// Returns true if the call of a line is allowed; `None` if the line is invalid.
fn alone(line: &str, verifier: &Verifier) -> Option<bool> {
    let Json::Object(members) = json::read(line.trim_ascii())? else { return None };
    let mut names: Vec<_> = members.iter().map(|(name, _)| name).collect();
    names.sort();
    if names.windows(2).any(|pair| pair[0] == pair[1]) {
        return None;
    }
    let ours = |name: &String| ["presentation", "request", "at"].contains(&name.as_str());
    let find = |name: &str| members.iter().find(|(own, _)| own == name).map(|(_, value)| value);
    let (Json::String(text), request) = (find("presentation")?, find("request")?) else {
        return None;
    };
    let says_at = members.iter().any(|(name, own)| name == "at" && *own != Json::Null);
    if says_at || !members.iter().all(|(name, _)| ours(name)) {
        return None;
    }
    // The member's own text, so that floats are unchanged.
    let request = Request::from_json(&as_written(request)).ok()?;
    Some(verifier.decide(token::presentation(text).ok()?, request, now()).is_allowed())
}

/// The same JSON, with each number as written.
fn as_written(json: &Json) -> String {
    match json {
        Json::Number(own) => own.clone(),
        Json::List(items) => {
            format!("[{}]", items.iter().map(as_written).collect::<Vec<_>>().join(","))
        }
        Json::Object(members) => {
            let members = members.iter().map(|(name, value)| {
                format!("{}:{}", Json::String(name.clone()).canonical(), as_written(value))
            });
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        other => other.canonical(),
    }
}
