//! Server-sent events (WHATWG HTML, section 9.2): written, and read under a bound.

use std::io::{self, BufRead};

use thiserror::Error;

use crate::limits::MAX_LINE_BYTES;

/// A sign of life, which readers ignore.
pub(super) const PULSE: &[u8] = b":\n\n";

/// The mark that a text in UTF-8 may begin with.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Returns the event of a line. A message has no line end within.
pub(super) fn event(line: &[u8]) -> Vec<u8> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    [b"event: message\ndata: ", line, b"\n\n"].concat()
}

/// An event that came.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Event {
    /// The lines of its data, each with an LF between.
    pub(super) data: Vec<u8>,
    /// The type; empty for a message.
    pub(super) kind: Vec<u8>,
}

/// The reason why no further event can be read.
#[derive(Debug, Error)]
pub(super) enum EventsError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("an event has more than {MAX_LINE_BYTES} bytes")]
    TooLong,
}

/// Reads the events of a stream.
#[derive(Debug)]
pub(super) struct Events<R> {
    reader: R,
    has_begun: bool,
    /// The last line ended with a CR, so an LF that follows belongs to its end.
    after_cr: bool,
    last_id: Option<String>,
}

impl<R: BufRead> Events<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, has_begun: false, after_cr: false, last_id: None }
    }

    /// Returns the last id that an event had, with which a stream is resumed.
    pub(super) fn last_id(&self) -> Option<&str> {
        self.last_id.as_deref()
    }

    /// Returns the next event; `None` at the end of the stream. One without the blank line at its end
    /// is not complete, and does not count.
    pub(super) fn next_event(&mut self) -> Result<Option<Event>, EventsError> {
        let mut event = Event { data: Vec::new(), kind: Vec::new() };
        let mut has_data = false;
        while let Some(line) = self.next_line()? {
            if line.is_empty() {
                if has_data {
                    return Ok(Some(event));
                }
                event.kind.clear();
                continue;
            }
            let (name, value) = field(&line);
            match name {
                b"data" => {
                    if has_data {
                        event.data.push(b'\n');
                    }
                    event.data.extend_from_slice(value);
                    has_data = true;
                }
                b"event" => event.kind = value.to_vec(),
                b"id" if !value.contains(&0) => {
                    self.last_id =
                        String::from_utf8(value.to_vec()).ok().filter(|id| !id.is_empty());
                }
                _ => {}
            }
            if event.data.len() > MAX_LINE_BYTES {
                return Err(EventsError::TooLong);
            }
        }
        Ok(None)
    }

    /// Returns the next line without its end: CR, LF, or both.
    fn next_line(&mut self) -> Result<Option<Vec<u8>>, EventsError> {
        let mut line = Vec::new();
        loop {
            let buffer = match self.reader.fill_buf() {
                Ok(buffer) => buffer,
                Err(why) if why.kind() == io::ErrorKind::Interrupted => continue,
                Err(why) => return Err(why.into()),
            };
            if buffer.is_empty() {
                return Ok(None);
            }
            if std::mem::take(&mut self.after_cr) && buffer.first() == Some(&b'\n') {
                self.reader.consume(1);
                continue;
            }
            let end = buffer.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
            let part = buffer.get(..end.unwrap_or(buffer.len())).unwrap_or_default();
            line.extend_from_slice(part);
            let is_cr = end.and_then(|end| buffer.get(end)) == Some(&b'\r');
            let taken = part.len().saturating_add(usize::from(end.is_some()));
            self.reader.consume(taken);
            // A line has the name of its field as well.
            if line.len() > MAX_LINE_BYTES.saturating_add(16) {
                return Err(EventsError::TooLong);
            }
            if end.is_some() {
                self.after_cr = is_cr;
                let is_first = !std::mem::replace(&mut self.has_begun, true);
                if let Some(rest) = line.strip_prefix(MARK).filter(|_| is_first) {
                    return Ok(Some(rest.to_vec()));
                }
                return Ok(Some(line));
            }
        }
    }
}

/// Returns the name of a field and its value, without the one space that may precede it. The name of a
/// comment is empty.
fn field(line: &[u8]) -> (&[u8], &[u8]) {
    let Some(colon) = line.iter().position(|byte| *byte == b':') else { return (line, b"") };
    let (name, value) = line.split_at_checked(colon).unwrap_or((line, b""));
    let value = value.strip_prefix(b":").unwrap_or(value);
    (name, value.strip_prefix(b" ").unwrap_or(value))
}

#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop"
)]
mod tests {
    use std::io::BufReader;

    use super::{Event, Events, event};
    use crate::limits::MAX_LINE_BYTES;

    /// The data of the events, whichever bytes come together.
    fn data(text: &[u8]) -> Vec<String> {
        let read = |capacity| {
            let mut events = Events::new(BufReader::with_capacity(capacity, text));
            let next = std::iter::from_fn(|| events.next_event().unwrap());
            next.map(|own| String::from_utf8(own.data).unwrap()).collect::<Vec<_>>()
        };
        let whole = read(4096);
        assert!((1..9).all(|capacity| read(capacity) == whole));
        whole
    }

    #[test]
    fn every_line_end_ends_a_line_once() {
        for end in ["\n", "\r\n", "\r"] {
            let text =
                format!("data: a{end}data:b{end}{end}data{end}{end}:c{end}data:  d{end}{end}");
            assert_eq!(data(text.as_bytes()), ["a\nb", "", " d"], "{end:?}");
        }
        assert_eq!(data(b"data: a\r\n\rdata: b\n\r\n"), ["a", "b"]);
    }

    #[test]
    fn a_mark_at_the_beginning_and_comments_do_not_count() {
        assert_eq!(data(b"\xef\xbb\xbfdata: a\n\n: data: b\n\n"), ["a"]);
        assert_eq!(data(b"data: a\n\n\xef\xbb\xbfdata: b\n\n"), ["a"]);
    }

    #[test]
    fn an_event_without_its_end_does_not_count() {
        for rest in ["data: b", "data: b\n", "data: b\r\n"] {
            assert_eq!(data(format!("data: a\n\n{rest}").as_bytes()), ["a"]);
        }
    }

    #[test]
    fn types_and_ids_are_kept() {
        let mut events =
            Events::new(&b"event: x\nid: 7\ndata: a\n\nid: 8\0\ndata: b\n\nid\ndata: c\n\n"[..]);
        let kind = |kind: &[u8], data: &[u8]| Event { data: data.to_vec(), kind: kind.to_vec() };
        assert_eq!(events.next_event().unwrap(), Some(kind(b"x", b"a")));
        assert_eq!(events.last_id(), Some("7"));
        assert_eq!(events.next_event().unwrap(), Some(kind(b"", b"b")));
        assert_eq!(events.last_id(), Some("7"));
        events.next_event().unwrap();
        assert_eq!(events.last_id(), None);
    }

    #[test]
    fn an_event_is_bounded_in_one_line_and_in_many() {
        let long = [b"data: ".to_vec(), vec![b'a'; MAX_LINE_BYTES + 17]].concat();
        assert!(Events::new(&long[..]).next_event().is_err());
        let many =
            b"data: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n".repeat(300_000);
        assert!(Events::new(&many[..]).next_event().is_err());
    }

    #[test]
    fn an_event_that_is_written_is_read() {
        let line = b"{\"a\":\"\\n\xe2\x80\xa8\"}\n";
        let written = event(line);
        let mut events = Events::new(&written[..]);
        assert_eq!(events.next_event().unwrap().unwrap().data, line[..line.len() - 1]);
    }
}
