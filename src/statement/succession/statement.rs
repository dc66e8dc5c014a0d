//! One successor statement.

use std::fmt::Write as _;

use time::OffsetDateTime;

use crate::instant::UnixTime;
use crate::key::{KeyError, PublicKey, Signature, Signer, SignerError, WrongSignature};
use crate::statement::digest::StatementDigest;
use crate::statement::kind::StatementKind;
use crate::statement::lines::{Lines, key, require_spelling, time};
use crate::statement::note::Note;
use crate::statement::succession::error::SuccessorError;

/// A statement that two keys belong to one party: an old key, and a new key that succeeds it. Both
/// keys sign it, so neither can be claimed without its consent.
///
/// It is used for names, directories, reviews and reports. **It moves no authority**: the new key
/// cannot present a hop to the old key. Delegate from the old key to the new one for that.
///
/// A `Successor` is authentic by type. Other statements decide whether it counts: see
/// [`Successions`](crate::Successions).
///
/// ```
/// use deputize::{Signer, SigningKey, Successor};
/// use time::macros::datetime;
///
/// let (old, new) = (SigningKey::generate()?, SigningKey::generate()?);
/// let statement = Successor::sign(&old, &new, datetime!(2026-11-23 18:00 UTC))?;
/// let read = Successor::parse(statement.to_text().as_bytes())?;
/// assert_eq!((read.old(), read.new_key()), (old.public_key(), new.public_key()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Successor {
    old: PublicKey,
    new: PublicKey,
    issued: UnixTime,
    /// The text, and the signatures: first the old key's, then the new one's.
    note: Note,
}

impl Successor {
    /// States that `new` succeeds `old`. Both sign.
    ///
    /// # Errors
    ///
    /// As [`prepare`](Self::prepare), and if a signer fails.
    pub fn sign(
        old: &(impl Signer + ?Sized),
        new: &(impl Signer + ?Sized),
        now: OffsetDateTime,
    ) -> Result<Self, SuccessorError> {
        let open = Self::prepare(old.public_key(), new.public_key(), now)?;
        let [by_old, by_new] = [old.sign(open.message())?, new.sign(open.message())?];
        Ok(open.signed(&by_old, &by_new).map_err(SignerError::from)?)
    }

    /// Does all of [`sign`](Self::sign) but sign, for keys that are kept elsewhere. The two
    /// signatures may be made in different places.
    ///
    /// # Errors
    ///
    /// [`SuccessorError`] if both are one key, or one of them is the terminal key.
    pub fn prepare(
        old: PublicKey,
        new: PublicKey,
        now: OffsetDateTime,
    ) -> Result<UnsignedSuccessor, SuccessorError> {
        require_two(&old, &new)?;
        let issued = UnixTime::from(now);
        let note = Note::new(text(&old, &new, issued))?;
        Ok(UnsignedSuccessor { old, new, issued, note })
    }

    /// Reads a statement, and checks both signatures.
    ///
    /// # Errors
    ///
    /// [`SuccessorError`] with the rule that the bytes break.
    pub fn parse(bytes: &[u8]) -> Result<Self, SuccessorError> {
        let note = Note::parse(bytes)?;
        let mut lines = Lines::new(note.text());
        let old = lines.first(StatementKind::Successor)?;
        let new = lines.parse("to", "to KEY", key)?;
        let issued = lines.parse("issued", "issued TIME", time)?;
        lines.end("the end of the text")?;
        require_two(&old, &new)?;
        require_spelling(note.text(), &text(&old, &new, issued))?;
        note.require_exactly(&[old, new])?;
        Ok(Self { old, new, issued, note })
    }

    /// Returns the text that [`parse`](Self::parse) reads, with the signatures.
    pub fn to_text(&self) -> String {
        self.note.to_string()
    }

    /// Returns the key that is succeeded.
    pub fn old(&self) -> PublicKey {
        self.old
    }

    /// Returns the key that succeeds it.
    pub fn new_key(&self) -> PublicKey {
        self.new
    }

    /// Returns the time of the statement, by the clock of the program that prepared it.
    pub fn issued(&self) -> OffsetDateTime {
        self.issued.to_datetime()
    }

    /// Returns the digest, which names the statement. A list that reports the old key as
    /// compromised names with it the successor that still counts.
    pub fn digest(&self) -> StatementDigest {
        StatementDigest::of(self.note.text().as_bytes())
    }
}

/// A successor statement that is not signed yet, from [`Successor::prepare`].
/// [`to_sign`](Self::to_sign) has the message for each of the two signers.
#[derive(Debug, Clone)]
pub struct UnsignedSuccessor {
    pub(crate) old: PublicKey,
    pub(crate) new: PublicKey,
    issued: UnixTime,
    note: Note,
}

impl UnsignedSuccessor {
    /// Returns the bytes that both keys sign. They are text for people to read.
    pub fn message(&self) -> &[u8] {
        self.text().as_bytes()
    }

    pub(crate) fn text(&self) -> &str {
        self.note.text()
    }

    /// Returns the statement with these signatures.
    ///
    /// # Errors
    ///
    /// [`WrongSignature`] with the key whose signature is not one over this message.
    pub fn signed(
        &self,
        by_old: &Signature,
        by_new: &Signature,
    ) -> Result<Successor, WrongSignature> {
        let Self { old, new, issued, ref note } = *self;
        let mut note = note.clone();
        for (key, signature) in [(old, by_old), (new, by_new)] {
            let signed = note.with_signature(key.to_string(), &key, signature);
            // The name is the text of a key and the note has room for two signatures, so only the
            // signature can be wrong.
            note = signed.map_err(|_| WrongSignature { key: Box::new(key) })?;
        }
        Ok(Successor { old, new, issued, note })
    }
}

fn require_two(old: &PublicKey, new: &PublicKey) -> Result<(), SuccessorError> {
    // A `SigningKey` that was built from the published seed has the terminal key.
    if old.is_published() || new.is_published() {
        return Err(KeyError::Published.into());
    }
    if old == new {
        return Err(SuccessorError::OneKey { key: Box::new(*old) });
    }
    Ok(())
}

fn text(old: &PublicKey, new: &PublicKey, issued: UnixTime) -> String {
    let mut text = String::new();
    let kind = StatementKind::Successor.as_str();
    // Writing to a string cannot fail.
    let _ = write!(text, "deputize {kind} v1 {old}\nto {new}\nissued {issued}\n");
    text
}

#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop"
)]
mod tests {
    use super::*;
    use crate::key::{SigningKey, TERMINAL_SECRET};
    use crate::statement::error::StatementError;
    use crate::statement::note::NoteError;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_bytes(&[seed; 32])
    }

    fn at() -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(1_795_456_800).unwrap()
    }

    fn sample() -> Successor {
        Successor::sign(&key(1), &key(2), at()).unwrap()
    }

    /// The note with this text, signed by these keys.
    fn forged(text: &str, signers: &[SigningKey]) -> String {
        // Each line from a note of its own: a note has no two signatures by one key.
        let line = |signer: &SigningKey| {
            let note = Note::new(text).unwrap().signed_by(signer.public_key().to_string(), signer);
            note.unwrap().to_string().split_off(text.len().saturating_add(1))
        };
        format!("{text}\n{}", signers.iter().map(line).collect::<String>())
    }

    #[test]
    fn a_statement_is_text_that_people_read() {
        insta::assert_snapshot!(sample().to_text(), @r"
        deputize successor v1 ed25519/8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c
        to ed25519/8139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b394
        issued 2026-11-23T18:00:00Z

        — ed25519/8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c mqSePqk4KeSNL3WxZRF7Zs9XUPMFzI4QbliE+kjwPPsjDCXp+2SyBSVULlet6paT5FzHSQxh92hSIdLqkrWdlyNYfwc=
        — ed25519/8139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b394 7157vV0Clfht1J+zMJrFXQqT2mNtQuSCV8Z+5Jv2f118dMypf4Oqc8WMZN9w72wONGPzwhgFX/VcyhBtZOHa6D/evww=
        ");
    }

    #[test]
    fn a_statement_is_read_back_unchanged() {
        let (own, read) = (sample(), Successor::parse(sample().to_text().as_bytes()).unwrap());
        assert_eq!(read, own);
        assert_eq!((read.old(), read.new_key()), (key(1).public_key(), key(2).public_key()));
        assert_eq!((read.issued(), read.digest()), (at(), own.digest()));
        let open = Successor::prepare(own.old(), own.new_key(), at()).unwrap();
        let [by_old, by_new] = [1, 2].map(|seed| key(seed).sign(open.message()).unwrap());
        assert_eq!(open.signed(&by_old, &by_new), Ok(own));
        let wrong = |seed| WrongSignature { key: Box::new(key(seed).public_key()) };
        assert_eq!(open.signed(&by_new, &by_old), Err(wrong(1)));
        assert_eq!(open.signed(&by_old, &by_old), Err(wrong(2)));
    }

    #[test]
    fn no_byte_can_be_changed_added_or_left_out() {
        let bytes = sample().to_text().into_bytes();
        for at in 0..bytes.len() {
            for flip in [1, 2, 0x20, 0x80] {
                let mut other = bytes.clone();
                other[at] ^= flip;
                assert!(Successor::parse(&other).is_err(), "byte {at} with {flip}");
            }
            assert!(Successor::parse(&bytes[..at]).is_err(), "cut at {at}");
        }
        for more in [&b"\n"[..], b"x", &bytes] {
            assert!(Successor::parse(&[&bytes, more].concat()).is_err());
        }
    }

    #[test]
    fn a_statement_has_exactly_two_signatures_in_order() {
        let own = sample();
        let text = own.note.text();
        let parse = |signers: &[SigningKey]| Successor::parse(forged(text, signers).as_bytes());
        assert_eq!(parse(&[key(1), key(2)]), Ok(own.clone()));
        let count = |found| NoteError::SignatureCount { expected: 2, found };
        assert_eq!(parse(&[key(1)]), Err(count(1).into()));
        assert_eq!(parse(&[key(1), key(2), key(3)]), Err(count(3).into()));
        let unsigned_by =
            |seed| NoteError::NotSignedBy { name: key(seed).public_key().to_string() };
        assert_eq!(parse(&[key(2), key(1)]), Err(unsigned_by(1).into()));
        // The thief of the old key cannot speak for the new one, nor the other way round.
        assert_eq!(parse(&[key(1), key(3)]), Err(unsigned_by(2).into()));
        assert_eq!(parse(&[key(3), key(2)]), Err(unsigned_by(1).into()));
        let twice = |seed| NoteError::SignedTwice { name: key(seed).public_key().to_string() };
        assert_eq!(parse(&[key(1), key(1)]), Err(twice(1).into()));
        assert_eq!(parse(&[key(2), key(2)]), Err(twice(2).into()));
    }

    #[test]
    fn only_one_text_says_it() {
        let own = sample();
        let [old, new] = [own.old(), own.new_key()];
        let parse = |text: &str| Successor::parse(forged(text, &[key(1), key(2)]).as_bytes());
        let line = |line, expected| Err(StatementError::Line { line, expected }.into());
        assert!(parse(own.note.text()).is_ok());
        for kind in ["revocations", "agents", "successors", ""] {
            let text = own.note.text().replacen("successor", kind, 1);
            let error = parse(&text).unwrap_err();
            assert!(
                matches!(error, SuccessorError::Statement(StatementError::WrongKind { .. })),
                "{text}"
            );
        }
        let first = format!("deputize successor v1 {old}\n");
        let issued = "issued 2026-11-23T18:00:00Z\n";
        assert_eq!(parse(&first), line(2, "to KEY"));
        assert_eq!(parse(&format!("{first}to {new}\n")), line(3, "issued TIME"));
        assert_eq!(parse(&format!("{first}{issued}to {new}\n")), line(2, "to KEY"));
        assert_eq!(
            parse(&format!("{first}to {new}\n{issued}issued\n")),
            line(4, "the end of the text")
        );
        for time in ["2026-11-23T18:00:00+00:00", "2026-11-23t18:00:00Z", "2026-11-23T18:00:00.0Z"]
        {
            let text = format!("{first}to {new}\nissued {time}\n");
            assert_eq!(parse(&text), Err(StatementError::Spelling { line: 3 }.into()));
        }
    }

    #[test]
    fn a_key_succeeds_neither_itself_nor_the_terminal_key() {
        let terminal = SigningKey::from_bytes(&TERMINAL_SECRET);
        let published = SuccessorError::from(KeyError::Published);
        assert_eq!(Successor::sign(&terminal, &key(2), at()), Err(published.clone()));
        assert_eq!(Successor::sign(&key(1), &terminal, at()), Err(published));
        let one = SuccessorError::OneKey { key: Box::new(key(1).public_key()) };
        assert_eq!(Successor::sign(&key(1), &key(1), at()), Err(one.clone()));
        let own = key(1).public_key();
        let text = text(&own, &own, UnixTime::from(at()));
        assert_eq!(Successor::parse(forged(&text, &[key(1)]).as_bytes()), Err(one));
        let weak = format!("deputize successor v1 ed25519/{:0>64}\n", "");
        let text = format!("{weak}to {own}\nissued 2026-11-23T18:00:00Z\n");
        let error = Successor::parse(forged(&text, &[key(1)]).as_bytes()).unwrap_err();
        assert!(matches!(error, SuccessorError::Statement(StatementError::WrongKind { .. })));
    }
}
