//! Attackers who can change the files of a log, and who want a record to say something else, or who
//! look for a value that was erased.

use deputize::{
    Decision, FieldKind, FieldState, Openings, Record, RecordCore, RecordError, RecordRules,
};
use sha2::{Digest, Sha256};

use crate::common::{crm_request, held, now, present_for, researcher, shown, verifier};

/// An allowed call about a customer's number.
fn decision() -> Decision {
    let call = crm_request("crm.read", "accounts/emea/4711", r#"{"limit": 5}"#);
    let chain = present_for(held(), &researcher(), &call);
    verifier().decide(shown(&chain), call, now())
}

fn lines() -> (String, String) {
    Record::of(&decision(), &RecordRules::default()).unwrap().to_lines(3).unwrap()
}

fn states(core: &str, openings: &str) -> Vec<&'static str> {
    let core = RecordCore::parse(core.as_bytes()).unwrap();
    let openings = Openings::parse(openings.as_bytes()).unwrap();
    let state = |(_, state): (_, FieldState<'_>)| match state {
        FieldState::Shown(_) => "shown",
        FieldState::Gone => "gone",
        FieldState::Wrong => "wrong",
    };
    openings.check(&core).map(state).collect()
}

/// One spelling: no second line has the same meaning, whatever byte is changed.
#[test]
fn no_other_line_is_read_as_the_same_core() {
    let (line, _) = lines();
    let core = RecordCore::parse(line.as_bytes()).unwrap();
    for place in 0..line.len() {
        for byte in [b' ', b'0', b'1', b'A', b'"', b'{', 0, 0xff] {
            let mut other = line.clone().into_bytes();
            other[place] = byte;
            let is_same = other == line.as_bytes();
            let read = RecordCore::parse(&other);
            assert_eq!(read == Ok(core.clone()), is_same, "{place}: {byte}");
        }
    }
    for other in [
        format!(" {line}"),
        format!("{line}\n"),
        line.replace("\"v\":1", "\"v\":1.0"),
        line.replace("\"v\":1", "\"v\":1,\"w\":1"),
        line.replace("\"index\":3", "\"index\":3,\"index\":3"),
        line.replace("\"index\":3", "\"index\":03"),
        line.replace("\"allowed\":true", "\"allowed\":true,\"cut\":0"),
        line.replace("\"codes\":[]", "\"codes\":null"),
        line.replace("2026-11-23T18:00:00Z", "2026-11-23T19:00:00+01:00"),
        line.replace("2026-11-23T18:00:00Z", "2026-11-23t18:00:00Z"),
    ] {
        assert_ne!(other, line);
        assert!(RecordCore::parse(other.as_bytes()).is_err(), "{other}");
    }
}

#[test]
fn a_core_that_no_writer_writes_is_refused() {
    let (line, _) = lines();
    for (from, to) in [
        // Refused without a code, allowed with one, allowed without anybody.
        ("\"allowed\":true", "\"allowed\":false"),
        ("\"codes\":[]", "\"codes\":[[\"expired\"]]"),
        ("\"charged\":true", "\"charged\":false"),
        ("\"codes\":[]", "\"codes\":[[\"no_such_code\"]]"),
        ("\"kind\":\"decision\"", "\"kind\":\"outcome\""),
        ("\"v\":1", "\"v\":2"),
        ("\"index\":3", "\"index\":281474976710656"),
    ] {
        let other = line.replace(from, to);
        assert_ne!(other, line, "{from}");
        assert!(RecordCore::parse(other.as_bytes()).is_err(), "{to}");
    }
    let long = vec![b' '; deputize::limits::MAX_CORE_BYTES + 1];
    assert!(matches!(RecordCore::parse(&long), Err(RecordError::TooLong { .. })));
}

/// Each opening is the one to which the core commits, or it is wrong.
#[test]
fn no_other_opening_is_shown() {
    let (core, openings) = lines();
    let all = states(&core, &openings);
    assert!(all.iter().all(|state| *state == "shown"));
    for (from, to) in [
        ("crm.acme.com", "crm.evil.com"),
        ("accounts/emea/4711", "accounts/emea/4712"),
        ("alice@acme.com", "mallory@acme.com"),
        ("\"researcher\"", "\"writer\""),
        ("\"value\":5", "\"value\":6"),
    ] {
        let other = openings.replacen(from, to, 1);
        let wrong = states(&core, &other).iter().filter(|state| **state == "wrong").count();
        assert_eq!(wrong, 1, "{from}");
    }
    // The values of two records are not exchanged, nor those of two fields.
    let (_, later) = Record::of(&decision(), &RecordRules::default()).unwrap().to_lines(3).unwrap();
    assert!(states(&core, &later).iter().all(|state| *state == "wrong"));
    let read: serde_json::Value = serde_json::from_str(&openings).unwrap();
    let mut swapped = read.clone();
    swapped["open"].as_array_mut().unwrap().swap(0, 1);
    assert_eq!(states(&core, &swapped.to_string())[..3], ["wrong", "wrong", "shown"]);
    // One too many, one too few, another record's.
    for change in [
        |open: &mut Vec<serde_json::Value>| open.push(serde_json::Value::Null),
        |open: &mut Vec<serde_json::Value>| drop(open.pop()),
    ] {
        let mut other = read.clone();
        change(other["open"].as_array_mut().unwrap());
        assert!(states(&core, &other.to_string()).iter().all(|state| *state == "wrong"));
    }
    let other = openings.replace("\"index\":3", "\"index\":4");
    assert!(states(&core, &other).iter().all(|state| *state == "wrong"));
}

#[test]
fn openings_have_one_spelling() {
    let (_, openings) = lines();
    for other in [
        openings.replace("{\"index\"", "{ \"index\""),
        openings.replace("\"value\":5", "\"value\":5.0"),
        openings.replace("\"value\":5", "\"value\":6,\"value\":5"),
        openings.replace("\"index\":3", "\"index\":3,\"index\":3"),
        openings.replace("\"index\":3", "\"index\":3,\"more\":3"),
        format!("{openings} "),
        format!("{{\"index\":3,\"open\":[{}]}}", "[".repeat(100_000)),
    ] {
        assert_ne!(other, openings);
        assert!(Openings::parse(other.as_bytes()).is_err(), "{}", &other[..80]);
    }
}

/// After the erasure of an argument, 10^6 guesses find nothing: no hash without salt of a guess is
/// left, neither in the core nor in the openings.
#[test]
fn an_erased_value_cannot_be_guessed() {
    let (core, openings) = lines();
    let (read, mut open) = (
        RecordCore::parse(core.as_bytes()).unwrap(),
        Openings::parse(openings.as_bytes()).unwrap(),
    );
    let digest_of = |account: u32| {
        let resource = format!("accounts/emea/{account}");
        crm_request("crm.read", &resource, r#"{"limit": 5}"#).digest()
    };
    let holds = |text: &str, digest: &[u8]| {
        use base64::Engine as _;
        use base64::engine::general_purpose::URL_SAFE_NO_PAD;
        // The digest as text, and inside each value that is base64url.
        let in_values = text.split('"').filter_map(|own| URL_SAFE_NO_PAD.decode(own).ok());
        text.contains(&hex::encode(digest))
            || text.contains(&URL_SAFE_NO_PAD.encode(digest))
            || in_values.into_iter().any(|own| own.windows(32).any(|bytes| bytes == digest))
    };
    // The digest of the call is in the presentation, so it must go with the resource.
    assert!(holds(&openings, &digest_of(4711)));
    let erased = |kind: FieldKind| {
        kind == FieldKind::Resource || FieldKind::Resource.takes_along().contains(&kind)
    };
    assert_eq!(open.erase(&read, erased), 2);
    let left = open.to_line();
    assert!(!left.contains("4711") && !core.contains("4711"));
    assert!(!holds(&left, &digest_of(4711)) && !holds(&core, &digest_of(4711)));
    let gone = states(&core, &left).iter().filter(|state| **state == "gone").count();
    assert_eq!(gone, 2);
    // The commitment itself: without the salt, no guess gives it.
    let commitments: Vec<_> = read.fields.iter().map(|(_, own)| own.to_string()).collect();
    for account in 0..1_000_000_u32 {
        let value = format!("\"accounts/emea/{account}\"");
        let guess = Sha256::new()
            .chain_update(b"deputize/evidence/field/v1\0\x08resource")
            .chain_update(value)
            .finalize();
        use base64::Engine as _;
        let guess = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(guess);
        assert!(!commitments.contains(&guess));
    }
}

/// The kinds that go with a kind go with all of those, too: nothing that is left needs another step.
#[test]
fn what_is_erased_with_a_kind_is_closed() {
    for kind in FieldKind::ALL {
        for along in kind.takes_along() {
            assert!(kind != along, "{kind}");
            let further = along.takes_along();
            let closed = further.iter().all(|own| own == kind || kind.takes_along().contains(own));
            assert!(closed, "{kind} takes {along}, which takes {further:?}");
        }
    }
}
