//! The input in blocks of whole lines, read ahead by a thread.

use std::io::{self, ErrorKind, Read};
use std::mem::take;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use crate::limits::{BLOCKS_AHEAD, MAX_LINE_BYTES, READ_BYTES};

/// The whole lines that one `read` completes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Block {
    /// The lines. The last line of the input may lack its line break.
    pub(super) lines: Vec<u8>,
    /// True if the next line was longer than [`MAX_LINE_BYTES`] and was dropped.
    pub(super) then_too_long: bool,
    /// The number of bytes that were read.
    pub(super) read: usize,
}

/// Starts to read. A block can be received as soon as its bytes have arrived, and an error of the
/// input after the blocks before it.
///
/// # Errors
///
/// If no thread can be started.
pub(super) fn blocks(input: impl Read + Send + 'static) -> io::Result<Receiver<io::Result<Block>>> {
    let (sender, receiver) = sync_channel(BLOCKS_AHEAD);
    // The thread is never joined: it may still wait in a `read` when the batch has ended.
    thread::Builder::new().name("reader".to_owned()).spawn(move || read(input, &sender))?;
    Ok(receiver)
}

fn read(mut input: impl Read, sender: &SyncSender<io::Result<Block>>) {
    let mut buffer = vec![0; READ_BYTES];
    let mut cutter = Cutter::default();
    loop {
        let block = match input.read(&mut buffer) {
            Ok(0) => {
                // It does not matter whether the receiver still exists.
                let _ = sender.send(Ok(cutter.end()));
                return;
            }
            Ok(count) => Ok(cutter.cut(buffer.get(..count).unwrap_or_default())),
            Err(e) if e.kind() == ErrorKind::Interrupted => continue,
            Err(e) => Err(e),
        };
        let is_over = block.is_err();
        if sender.send(block).is_err() || is_over {
            return;
        }
    }
}

#[derive(Default)]
struct Cutter {
    /// The start of a line.
    rest: Vec<u8>,
    /// True if the next bytes belong to a line that is dropped.
    is_skipping: bool,
}

impl Cutter {
    fn cut(&mut self, bytes: &[u8]) -> Block {
        let mut block = Block { read: bytes.len(), ..Block::default() };
        let mut bytes = bytes;
        if self.is_skipping {
            let Some(end) = bytes.iter().position(|b| *b == b'\n') else {
                return block;
            };
            self.is_skipping = false;
            let (_, after) = bytes.split_at_checked(end).unwrap_or_default();
            bytes = after.strip_prefix(b"\n").unwrap_or_default();
        }
        let end = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |last| last.saturating_add(1));
        let (whole, beginning) = bytes.split_at_checked(end).unwrap_or_default();
        if !whole.is_empty() {
            block.lines = take(&mut self.rest);
            block.lines.extend_from_slice(whole);
        }
        self.rest.extend_from_slice(beginning);
        if self.rest.len() > MAX_LINE_BYTES {
            self.rest = Vec::new();
            self.is_skipping = true;
            block.then_too_long = true;
        }
        block
    }

    fn end(self) -> Block {
        Block { lines: self.rest, ..Block::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, read: usize) -> Block {
        Block { lines: text.into(), then_too_long: false, read }
    }

    #[test]
    fn a_block_has_whole_lines() {
        let mut cutter = Cutter::default();
        assert_eq!(cutter.cut(b"a\nb\nc"), lines("a\nb\n", 5));
        assert_eq!(cutter.cut(b"d"), lines("", 1));
        assert_eq!(cutter.cut(b"e\n\n"), lines("cde\n\n", 3));
        assert_eq!(cutter.cut(b"f"), lines("", 1));
        assert_eq!(cutter.end(), lines("f", 0));
        assert_eq!(Cutter::default().end(), lines("", 0));
    }

    #[test]
    fn a_line_that_is_too_long_is_not_kept() {
        let mut cutter = Cutter::default();
        assert_eq!(cutter.cut(b"a\n"), lines("a\n", 2));
        let longest = vec![b'x'; MAX_LINE_BYTES];
        assert_eq!(cutter.cut(&longest), lines("", MAX_LINE_BYTES));
        let block = cutter.cut(b"y");
        assert_eq!(block, Block { then_too_long: true, ..lines("", 1) });
        assert_eq!(cutter.rest.capacity(), 0);
        assert_eq!(cutter.cut(&longest), lines("", MAX_LINE_BYTES));
        assert_eq!(cutter.cut(b"z\nb\nc"), lines("b\n", 5));
        assert_eq!(cutter.end(), lines("c", 0));
    }
}
