//! The text of a state file: one spelling, and no damage that is not noticed.

use std::fs::{self, File};

use deputize::limits::MAX_HELD_SERIES;
use deputize::{CodedError, HopId, SeriesId, SeriesState, StatementScope, StatementState};
use deputize_stores::{FileStatementState, StateFileError};

use crate::{create, filled, folder, head, is_failed, open, series, state, varied};

/// Every byte of the file, cut off or changed.
#[test]
fn damage_is_an_error_and_never_an_empty_state() {
    let (_folder, path) = folder();
    drop(filled(&path));
    let whole = fs::read(&path).unwrap();
    let write = |bytes: &[u8]| fs::write(&path, bytes).unwrap();
    for length in 0..whole.len() {
        write(&whole[..length]);
        let error = FileStatementState::open(&path).unwrap_err();
        let is_expected = match length < 17 {
            true => matches!(error, StateFileError::Foreign { .. }),
            false => matches!(error, StateFileError::Damaged { .. }),
        };
        assert!(is_expected || length == 16, "{length}: {error}");
    }
    for index in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[index] ^= 1;
        write(&bytes);
        assert!(FileStatementState::open(&path).is_err(), "{index}");
    }
    write(&[whole.clone(), b"\n".to_vec()].concat());
    assert!(FileStatementState::open(&path).is_err());
    write(&whole);
    assert_eq!(open(&path).load(), Ok(varied()));
}

/// A text with a right checksum.
fn summed(body: &str) -> String {
    use sha2::Digest;
    use std::fmt::Write;
    let mut text = format!("{body}sum ");
    for byte in sha2::Sha256::digest(body) {
        write!(text, "{byte:02x}").unwrap();
    }
    text + "\n"
}

#[test]
fn a_state_has_one_spelling() {
    let (_folder, path) = folder();
    drop(filled(&path));
    let text = fs::read_to_string(&path).unwrap();
    let body =
        text.split_inclusive('\n').filter(|line| !line.starts_with("sum ")).collect::<String>();
    assert_eq!(summed(&body), text);
    let own = format!("series revocations {} own\n", series(1, StatementScope::Own).issuer);
    let blocks: Vec<_> = body.split("series ").collect();
    let in_order = [blocks[0], "series ", blocks[1], "series ", blocks[2]].concat();
    let swapped = [blocks[0], "series ", blocks[2], "series ", blocks[1]].concat();
    let twice = [blocks[0], "series ", blocks[1], "series ", blocks[1]].concat();
    let many = ["rejected 10 2026-11-23T18:00:00Z", "00"].concat();
    for (from, to) in [
        ("id ", "id 0"),
        ("writes 4", "writes 04"),
        ("writes 4", "writes +4"),
        ("writes 4\n", ""),
        ("head 17", "head 017"),
        ("head 17 ", "head  17 "),
        ("head 17 ", "head 0 "),
        ("head 17 ", "head 1795456801 "),
        ("18:00:00Z", "18:00:00.0Z"),
        ("18:00:00Z", "18:00:00.5Z"),
        ("18:00:00Z", "18:00:00+00:00"),
        ("18:00:00Z", "19:00:00+01:00"),
        ("T18", " 18"),
        ("abab", "ABAB"),
        ("revocations", "revocation"),
        ("final\n", "final\nfinal\n"),
        ("final\n", "final \n"),
        ("final\n", "finale\n"),
        (" own\n", " Own\n"),
        (own.as_str(), ""),
        ("series ", "serie "),
        (in_order.as_str(), swapped.as_str()),
        (in_order.as_str(), twice.as_str()),
        ("rejected 7", "head 9"),
        ("rejected 7", many.as_str()),
        ("rejected 7", "rejected 9"),
        ("\n", "\r\n"),
        ("writes 4\n", "writes 4\n\n"),
        ("deputize seen v1", "deputize seen v1 "),
        ("deputize seen v1", "deputize seen v2"),
        ("deputize seen v1", "deputize revocations v1 ed25519/00"),
    ] {
        let changed = body.replace(from, to);
        assert_ne!(changed, body, "{from:?}");
        fs::write(&path, summed(&changed)).unwrap();
        let error = FileStatementState::open(&path).unwrap_err();
        match from == "deputize seen v1" || from == "\n" {
            true => assert_eq!(error.code(), "state_file_foreign", "{to}"),
            false => assert_eq!(error.code(), "state_file_damaged", "{from:?} {to:?}: {error}"),
        }
    }
    // The same without a change is read.
    fs::write(&path, summed(&body)).unwrap();
    assert_eq!(open(&path).load(), Ok(varied()));
}

#[test]
fn errors_say_which_line() {
    let (_folder, path) = folder();
    fs::write(&path, summed("deputize seen v1\nid 00000000000000000000000000000000\nwrites x\n"))
        .unwrap();
    let error = FileStatementState::open(&path).unwrap_err();
    let shown = path.to_str().unwrap();
    assert_eq!(
        error.to_string(),
        format!(
            "`{shown}`: line 3 is not `writes NUMBER`; restore the file, or move it away and create a new one, which has seen nothing"
        )
    );
    fs::write(&path, "deputize seen v2\nwhatever\n").unwrap();
    let error = FileStatementState::open(&path).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("`{shown}`: the first line is `deputize seen v2`, and must be `deputize seen v1`")
    );
    fs::write(&path, [0xff; 300]).unwrap();
    let error = FileStatementState::open(&path).unwrap_err();
    assert!(matches!(&error, StateFileError::Foreign { found, .. } if found.chars().count() == 80));
    File::create(&path).unwrap().set_len(30_000_000).unwrap();
    let error = FileStatementState::open(&path).unwrap_err();
    assert!(matches!(error, StateFileError::TooLong { .. }), "{error}");
}

#[test]
fn series_have_a_bound_and_none_is_dropped() {
    const MOST: usize = 8 * MAX_HELD_SERIES + 1_024;
    let (_folder, path) = folder();
    let file = create(&path);
    let of = |number: usize| {
        let hop = u32::try_from(number).unwrap().to_be_bytes().repeat(8);
        let hop = HopId::from_bytes(hop.try_into().unwrap());
        state(series(1, StatementScope::Power(hop)), &[1])
    };
    let written = |number| {
        let SeriesState { series: SeriesId { kind, issuer, scope }, heads, .. } = of(number);
        let digest = heads[0].digest;
        format!("series {kind} {issuer} {scope}\nhead 1 2026-11-23T18:00:00Z {digest}\n")
    };
    // Written at once: one by one, each would rewrite all before it.
    let mut text = fs::read_to_string(&path).unwrap();
    text.truncate(text.find("sum ").unwrap());
    for number in 0..MOST - 1 {
        text += &written(number);
    }
    fs::write(&path, summed(&text)).unwrap();
    assert_eq!(file.load().unwrap().len(), MOST - 1);
    assert_eq!(file.replace(None, &of(MOST)), Ok(()));
    let stored = file.replace(None, &of(MOST + 1));
    assert!(is_failed(&stored, "the most that fit"), "{stored:?}");
    // Those that are there go on.
    let next = SeriesState { heads: vec![head(2, 0)], ..of(7) };
    assert_eq!(file.replace(Some(&of(7)), &next), Ok(()));
    assert_eq!(open(&path).load().unwrap().len(), MOST);
    text += &(written(MOST) + &written(MOST + 1));
    fs::write(&path, summed(&text)).unwrap();
    let error = FileStatementState::open(&path).unwrap_err();
    assert!(error.to_string().contains("one series more than fit"), "{error}");
}
