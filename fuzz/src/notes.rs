//! A signed note has one spelling, a second reader reads the same, and a note that was changed after
//! it was signed does not verify.

use crate::common::{alice, is_hostile, planner};
use crate::source::Source;
use deputize::text::is_invisible;
use deputize::{Note, Signer, SigningKey};

/// Parts of notes.
const PIECES: [&str; 20] = [
    "deputize", " ", "\n", "\n\n", "— ", "—", "AAAAAAA=", "AAAAAAAA", "=", "+", "/", "a", "é",
    "🔑", "\r", "\0", "\u{2028}", "\u{a0}", "\u{200b}", "v1\n",
];

/// The first byte selects how the rest is read.
pub fn check(data: &[u8]) {
    let Some((what, rest)) = data.split_first() else { return };
    match what % 3 {
        0 => read(rest),
        1 => written(&mut Source::new(rest)),
        _ => changed(&mut Source::new(rest)),
    }
}

/// Reads bytes, as a second reader does.
fn read(bytes: &[u8]) {
    let (own, other) = (Note::parse(bytes), read_again(bytes));
    assert_eq!(own.is_ok(), other.is_some(), "{:?}: {own:?}", String::from_utf8_lossy(bytes));
    let (Ok(own), Some(other)) = (own, other) else { return };
    assert_eq!(own.to_string().as_bytes(), bytes);
    assert_eq!(own.text(), other.text);
    assert!(own.claimed_names().eq(other.signatures.iter().map(|(name, _)| *name)));
    assert_eq!(own.text().chars().find(|c| *c != '\n' && is_hostile(*c)), None, "{:?}", own.text());
    for (name, _) in other.signatures.iter().take(4) {
        let is_signed = own.verify(name, &alice().public_key()).is_ok();
        let expected = (*name, signature_by_alice(own.text(), name));
        assert_eq!(is_signed, other.signatures.contains(&expected), "{name:?}");
    }
}

/// The bytes of Alice's signature line: signing a text again gives the same ones.
fn signature_by_alice(text: &str, name: &str) -> Vec<u8> {
    let note = Note::new(text).unwrap().signed_by(name, &alice()).unwrap().to_string();
    signature(note.lines().last().unwrap()).unwrap().1
}

/// A text and names of any pieces: what is written is read, and signed by those who signed it.
fn written(source: &mut Source<'_>) {
    let text = pieces(source, 12);
    let Ok(mut note) = Note::new(text.as_str()) else {
        // A text that no note has is not read either.
        return read(format!("{text}\n— a AAAAAAA=\n").as_bytes());
    };
    let keys = [alice(), planner()];
    let mut signers: Vec<(String, SigningKey)> = Vec::new();
    for _ in 0..=source.below(3) {
        let (name, key) = (pieces(source, 3), source.pick(&keys));
        let is_new =
            !signers.iter().any(|(own, by)| *own == name && by.public_key() == key.public_key());
        let is_name =
            !name.is_empty() && !name.contains([' ', '+']) && !name.contains(is_invisible);
        match note.clone().signed_by(name.as_str(), &key) {
            Ok(more) => {
                assert!(is_new && is_name, "{name:?}");
                note = more;
                signers.push((name, key));
            }
            Err(error) => assert!(!is_new || !is_name, "{name:?}: {error}"),
        }
    }
    if signers.is_empty() {
        return;
    }
    let bytes = note.to_string();
    assert_eq!(Note::parse(bytes.as_bytes()).as_ref(), Ok(&note));
    assert_eq!(read_again(bytes.as_bytes()).unwrap().text, text);
    for (name, key) in signers {
        note.verify(&name, &key.public_key()).unwrap();
    }
}

fn pieces(source: &mut Source<'_>, most: usize) -> String {
    (0..=source.below(most)).map(|_| source.pick(&PIECES)).collect()
}

/// Alice's note, alone or beside the planner's signature, with some bytes changed.
fn changed(source: &mut Source<'_>) {
    const TEXT: &str = "deputize example v1\nkey = 🔑\n";
    let mut note = Note::new(TEXT).unwrap();
    if source.chance(50) {
        note = note.signed_by("planner", &planner()).unwrap();
    }
    let note = note.signed_by("alice", &alice()).unwrap().to_string();
    let line = note.lines().last().unwrap();
    let mut bytes = note.clone().into_bytes();
    for _ in 0..=source.below(3) {
        let at = source.below(bytes.len() + 1);
        match source.below(4) {
            0 => bytes.insert(at, source.byte()),
            1 if at < bytes.len() => drop(bytes.remove(at)),
            2 => drop(bytes.splice(at..at, source.pick(&PIECES).bytes())),
            _ if at < bytes.len() => bytes[at] = source.byte(),
            _ => {}
        }
    }
    read(&bytes);
    let Ok(read) = Note::parse(&bytes) else { return };
    if read.verify("alice", &alice().public_key()).is_ok() {
        assert_eq!(read.text(), TEXT);
        assert!(read.to_string().lines().any(|own| own == line), "another signature");
    }
}

/// A note by a second reader.
struct Read<'a> {
    text: &'a str,
    signatures: Vec<(&'a str, Vec<u8>)>,
}

/// Reads from the end, as C2SP defines notes, and then checks our rules.
fn read_again(bytes: &[u8]) -> Option<Read<'_>> {
    let note = std::str::from_utf8(bytes).ok().filter(|note| note.len() <= 1_000_000)?;
    let text = &note[..=note.rfind("\n\n")?];
    let lines = note[text.len() + 1..].strip_suffix('\n')?;
    let signatures: Option<Vec<_>> = lines.split('\n').map(signature).collect();
    let signatures = signatures.filter(|all| all.len() <= 100)?;
    let has_two = signatures.iter().enumerate().any(|(nth, (name, bytes))| {
        signatures[..nth].iter().any(|(own, by)| own == name && by[..4] == bytes[..4])
    });
    let is_fine = text
        .strip_suffix('\n')?
        .split('\n')
        .all(|line| !line.is_empty() && !line.contains(is_invisible));
    let is_short = note.split('\n').all(|line| line.len() <= 66_560);
    (is_fine && is_short && !has_two).then_some(Read { text, signatures })
}

/// The name and the bytes of a signature line.
fn signature(line: &str) -> Option<(&str, Vec<u8>)> {
    let [dash, name, base64] = line.split(' ').collect::<Vec<_>>().try_into().ok()?;
    let bytes = from_base64(base64)?;
    let is_name = !name.is_empty() && !name.contains('+') && !name.contains(is_invisible);
    (dash == "—" && is_name && bytes.len() > 4).then_some((name, bytes))
}

/// Reads standard base64 in its one spelling (RFC 4648, section 4).
fn from_base64(text: &str) -> Option<Vec<u8>> {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let letters = text.strip_suffix("==").or_else(|| text.strip_suffix('=')).unwrap_or(text);
    let mut bits = Vec::new();
    for letter in letters.chars() {
        let value = LETTERS.find(letter)?;
        bits.extend((0..6).rev().map(|bit| value >> bit & 1));
    }
    let whole = bits.len() / 8 * 8;
    let is_canonical =
        text.len().is_multiple_of(4) && bits.len() - whole < 6 && !bits[whole..].contains(&1);
    let byte = |bits: &[usize]| bits.iter().fold(0, |byte, bit| byte << 1 | *bit) as u8;
    is_canonical.then(|| bits[..whole].chunks(8).map(byte).collect())
}
