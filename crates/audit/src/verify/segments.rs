//! The lines of all segments, one after the other.

use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;

use crate::checkpoint::SignedCheckpoint;
use crate::files::LogFiles;
use crate::limits::{BYTES_TOGETHER, MAX_CHECKPOINT_BYTES, SEGMENT_RECORDS};
use crate::log::{At as _, LogError};

/// Reads the newest checkpoint.
pub(crate) fn read_checkpoint(
    files: &(impl LogFiles + ?Sized),
) -> Result<SignedCheckpoint, LogError> {
    let path = Path::new("checkpoint");
    let file = files.open("checkpoint").at(path)?;
    let file = file.ok_or_else(|| LogError::NotALog { path: path.to_owned() })?;
    let mut bytes = Vec::new();
    file.take(MAX_CHECKPOINT_BYTES).read_to_end(&mut bytes).at(path)?;
    Ok(SignedCheckpoint::parse(&bytes)?)
}

/// The lines of the segments of one kind: cores, or openings.
pub(crate) struct SegmentLines<'f, F: ?Sized> {
    files: &'f F,
    end: &'static str,
    most: u64,
    /// The index of the next line.
    next: u64,
    file: Option<(String, BufReader<Box<dyn Read + 'f>>)>,
}

/// A line of a segment.
pub(crate) enum SegmentLine {
    /// A whole line, without its line feed.
    Whole(Vec<u8>),
    /// The line is too long, or no line feed follows it.
    Torn,
    /// There is no line.
    End,
}

impl<'f, F: LogFiles + ?Sized> SegmentLines<'f, F> {
    pub(crate) fn cores(files: &'f F, most: usize) -> Self {
        Self::new(files, "jsonl", most)
    }

    pub(crate) fn openings(files: &'f F, most: usize) -> Self {
        Self::new(files, "open.jsonl", most)
    }

    fn new(files: &'f F, end: &'static str, most: usize) -> Self {
        let most = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
        Self { files, end, most, next: 0, file: None }
    }

    /// Reads the next whole lines, at most this many, and fewer if they are long. What follows them is
    /// given too, if it is not a whole line.
    pub(crate) fn next_lines(
        &mut self,
        most: usize,
    ) -> Result<(Vec<Vec<u8>>, Option<SegmentLine>), LogError> {
        let (mut lines, mut bytes) = (Vec::new(), 0_usize);
        while lines.len() < most && bytes < BYTES_TOGETHER {
            match self.next()? {
                SegmentLine::Whole(line) => {
                    bytes = bytes.saturating_add(line.len());
                    lines.push(line);
                }
                other => return Ok((lines, Some(other))),
            }
        }
        Ok((lines, None))
    }

    /// Returns the line of the next record. A segment with too many lines has one that is torn.
    pub(crate) fn next(&mut self) -> Result<SegmentLine, LogError> {
        if self.next.checked_rem(SEGMENT_RECORDS) == Some(0) {
            if let Some((name, file)) = &mut self.file
                && !file.fill_buf().at(Path::new(name))?.is_empty()
            {
                return Ok(SegmentLine::Torn);
            }
            let number = self.next.checked_div(SEGMENT_RECORDS).unwrap_or_default();
            let name = format!("segments/{number:08}.{}", self.end);
            let Some(file) = self.files.open(&name).at(Path::new(&name))? else {
                return Ok(SegmentLine::End);
            };
            self.file = Some((name, BufReader::with_capacity(1 << 16, file)));
        }
        let Some((name, file)) = &mut self.file else { return Ok(SegmentLine::End) };
        let mut line = Vec::new();
        file.by_ref().take(self.most).read_until(b'\n', &mut line).at(Path::new(name))?;
        if line.is_empty() {
            return Ok(SegmentLine::End);
        }
        if line.pop() != Some(b'\n') {
            return Ok(SegmentLine::Torn);
        }
        self.next = self.next.saturating_add(1);
        Ok(SegmentLine::Whole(line))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Lines as long as a service can make them are read a few at a time.
    #[test]
    fn long_lines_are_judged_in_bounded_memory() {
        let line = format!("{}\n", "x".repeat(1 << 20));
        let name = "segments/00000000.open.jsonl".to_owned();
        let files = BTreeMap::from([(name, line.repeat(20).into_bytes())]);
        let mut lines = SegmentLines::openings(&files, 1 << 20);
        let counts = [1024, 1024, 1024].map(|most| {
            let (lines, end) = lines.next_lines(most).unwrap_or_default();
            (lines.len(), end.is_some())
        });
        assert_eq!(counts, [(16, false), (4, true), (0, true)]);
    }
}
