//! Origins have one spelling, and no other note of ours begins with one.

use deputize::{RevocationDraft, Signer};
use deputize_audit::{Origin, SignedCheckpoint};
use time::{Duration, OffsetDateTime};

use crate::cast::{log, origin};

#[test]
fn an_origin_has_one_spelling() {
    let own = origin().to_string();
    let key = "8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c";
    let id = "abababababababababababababababab";
    assert_eq!(own, format!("deputize/log/v1/{key}/{id}"));
    assert_eq!(own.parse(), Ok(origin()));
    assert_eq!((origin().key(), origin().id()), (&log().public_key(), [0xab; 16]));
    let weak = "0100000000000000000000000000000000000000000000000000000000000000";
    for wrong in [
        String::new(),
        "deputize/log/v1/".to_owned(),
        format!("deputize/log/v1/{key}"),
        format!("deputize/log/v1/{key}/"),
        format!("deputize/log/v1/{key}/{id}/"),
        format!("deputize/log/v1/{key}/{id}0"),
        format!("deputize/log/v1/{key}/{id} "),
        format!(" deputize/log/v1/{key}/{id}"),
        format!("deputize/log/v1/{}/{id}", key.to_uppercase()),
        format!("deputize/log/v1/{key}/{}", id.to_uppercase()),
        format!("deputize/log/v1//{key}/{id}"),
        format!("deputize/log/v2/{key}/{id}"),
        format!("deputize/log/v1/{id}/{key}"),
        format!("deputize/log/v1/ed25519/{key}/{id}"),
        format!("deputize/log/v1/{weak}/{id}"),
    ] {
        assert!(wrong.parse::<Origin>().is_err(), "{wrong}");
    }
}

#[test]
fn statements_are_not_checkpoints() {
    let now = OffsetDateTime::from_unix_timestamp(1_795_456_800).unwrap();
    let list = RevocationDraft::own().sign(&log(), now, now + Duration::hours(1)).unwrap();
    let list = list.as_bytes();
    assert!(list.starts_with(b"deputize revocations v1 "));
    let end = list.windows(2).position(|pair| pair == b"\n\n").unwrap();
    let line = list[end + 2..].iter().position(|byte| *byte == b'\n').unwrap();
    let note = &list[..end + 2 + line + 1];
    assert!(deputize::Note::parse(note).is_ok());
    assert!(SignedCheckpoint::parse(note).is_err());
}
