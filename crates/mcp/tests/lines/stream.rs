//! Lines of a stream, and its end.

use std::io::{self, BufRead, BufReader, ErrorKind, Read};

use deputize::CodedError;
use deputize_mcp::limits::MAX_LINE_BYTES;
use deputize_mcp::{Lines, LinesError};

#[test]
fn lines_are_passed_as_they_came() {
    let mut lines = Lines::new(&b"a\r\n\n\xff\rb\n"[..]);
    let mut next = || lines.next_line().unwrap().map(|line| line.bytes().to_vec());
    assert_eq!(next().unwrap(), b"a\r\n");
    assert_eq!(next().unwrap(), b"\n");
    assert_eq!(next().unwrap(), b"\xff\rb\n");
    assert_eq!((next(), next()), (None, None));
}

#[test]
fn a_line_is_shown_by_its_length() {
    let line = Lines::new(&b"secret\n"[..]).next_line().unwrap().unwrap();
    assert_eq!(format!("{line:?}"), "Line(7 bytes)");
}

#[test]
fn an_unfinished_line_is_not_a_message() {
    let mut lines = Lines::new(&br#"{"jsonrpc":"2.0","method":"ping"}"#[..]);
    assert_eq!(lines.next_line(), Err(LinesError::Unfinished { bytes: 33 }));
    assert_eq!(lines.next_line(), Ok(None));
}

/// A stream that never ends, and counts what was taken from it.
struct Endless(usize);

impl Read for Endless {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        into.fill(b' ');
        self.0 += into.len();
        Ok(into.len())
    }
}

#[test]
fn a_long_line_ends_the_session_within_the_bound() {
    let mut endless = Endless(0);
    let mut lines = Lines::new(BufReader::new(&mut endless));
    let error = lines.next_line().unwrap_err();
    assert_eq!((&error, error.code()), (&LinesError::TooLong, "mcp_line_too_long"));
    assert_eq!(lines.next_line(), Ok(None), "nothing is read after it");
    assert!(endless.0 <= MAX_LINE_BYTES + 64 * 1024, "{}", endless.0);

    let of = |length| [vec![b' '; length], b"\n{}\n".to_vec()].concat();
    assert_eq!(Lines::new(&of(20 * 1024 * 1024)[..]).next_line(), Err(LinesError::TooLong));
    assert_eq!(Lines::new(&of(MAX_LINE_BYTES + 1)[..]).next_line(), Err(LinesError::TooLong));
    let longest = Lines::new(&of(MAX_LINE_BYTES)[..]).next_line().unwrap().unwrap();
    assert_eq!(longest.bytes().len(), MAX_LINE_BYTES + 1);
}

struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(ErrorKind::ConnectionReset.into())
    }
}

#[test]
fn a_stream_that_cannot_be_read_is_an_error() {
    let broken: &mut dyn BufRead = &mut BufReader::new(Broken);
    let error = Lines::new(broken).next_line().unwrap_err();
    assert_eq!(error, LinesError::Io { kind: ErrorKind::ConnectionReset });
}
