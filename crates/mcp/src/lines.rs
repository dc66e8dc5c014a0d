//! Lines of a stream, of bounded length.

use std::fmt::{self, Debug, Formatter};
use std::io::{self, BufRead, Read};

use thiserror::Error;

use crate::limits::MAX_LINE_BYTES;

/// A line that came, with its line end. Whether it is text is checked when it is read as a
/// [`Message`](crate::Message).
#[derive(Clone, PartialEq, Eq)]
pub struct Line(Vec<u8>);

impl Line {
    /// Returns the bytes that came, with the LF.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Makes a line of a message that came as a whole, such as in the body of an HTTP message. White space
    /// at its end does not count; `None` if it has an LF within, where a reader of lines would end one.
    #[cfg(feature = "http")]
    pub(crate) fn of_whole(mut message: Vec<u8>) -> Option<Self> {
        message.truncate(message.trim_ascii_end().len());
        if message.contains(&b'\n') {
            return None;
        }
        message.push(b'\n');
        Some(Self(message))
    }

    /// Makes a line of JSON, in whose strings no line end can be: one between two tokens becomes a space.
    #[cfg(feature = "http")]
    pub(crate) fn of_json(mut json: Vec<u8>) -> Self {
        json.truncate(json.trim_ascii_end().len());
        let ends = json.iter_mut().filter(|byte| matches!(byte, b'\r' | b'\n'));
        ends.for_each(|byte| *byte = b' ');
        json.push(b'\n');
        Self(json)
    }

    /// Returns the bytes without the line end: LF, or CR and LF.
    pub(crate) fn content(&self) -> &[u8] {
        let line = self.0.strip_suffix(b"\n").unwrap_or(&self.0);
        line.strip_suffix(b"\r").unwrap_or(line)
    }
}

/// Shows the length alone: a line can have a presentation and the arguments of a call.
impl Debug for Line {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "Line({} bytes)", self.0.len())
    }
}

/// Reads the lines of a stream.
///
/// ```
/// use deputize_mcp::Lines;
///
/// let mut lines = Lines::new(&b"{}\nunfinished"[..]);
/// assert_eq!(lines.next_line()?.unwrap().bytes(), b"{}\n");
/// assert!(lines.next_line().is_err());
/// # Ok::<(), deputize_mcp::LinesError>(())
/// ```
#[derive(Debug)]
pub struct Lines<R> {
    reader: R,
    has_ended: bool,
}

impl<R: BufRead> Lines<R> {
    /// Reads from this stream.
    pub fn new(reader: R) -> Self {
        Self { reader, has_ended: false }
    }

    /// Returns the next line; `None` at the end of input, and after an error.
    ///
    /// # Errors
    ///
    /// [`LinesError`], which ends the session: nothing of what follows is read.
    pub fn next_line(&mut self) -> Result<Option<Line>, LinesError> {
        if self.has_ended {
            return Ok(None);
        }
        let line = self.read_line();
        self.has_ended = !matches!(line, Ok(Some(_)));
        line
    }

    fn read_line(&mut self) -> Result<Option<Line>, LinesError> {
        let mut line = Vec::new();
        // One byte more than a line can have tells a long line from an unfinished one.
        let most = u64::try_from(MAX_LINE_BYTES.saturating_add(1)).unwrap_or(u64::MAX);
        let mut bounded = self.reader.by_ref().take(most);
        bounded.read_until(b'\n', &mut line).map_err(|e| LinesError::Io { kind: e.kind() })?;
        match line.last() {
            None => Ok(None),
            Some(b'\n') => Ok(Some(Line(line))),
            Some(_) if line.len() > MAX_LINE_BYTES => Err(LinesError::TooLong),
            Some(_) => Err(LinesError::Unfinished { bytes: line.len() }),
        }
    }
}

/// The reason why no further line can be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LinesError {
    /// The operating system could not read.
    #[error("cannot read the next line: {kind}")]
    Io {
        /// The kind of the error.
        kind: io::ErrorKind,
    },
    /// The line is longer than [`MAX_LINE_BYTES`]. The rest of it was not read.
    #[error(
        "a line has more than {MAX_LINE_BYTES} bytes, which ends the session; pass large content by reference, such as a path"
    )]
    TooLong,
    /// The input ended within a line. Its sender may have been killed while writing, so it is not a
    /// message, even if it can be read as one.
    #[error("the input ended within a line, after {bytes} bytes of it")]
    Unfinished {
        /// The length of the part that came.
        bytes: usize,
    },
}
