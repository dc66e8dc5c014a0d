//! Many tokens: a line of JSON in, a line of JSON out, in order, on all cores.
//!
//! The input is a stream: a line is answered as soon as it arrives, and memory use does not grow
//! with the number of lines.

mod blocks;
mod tally;
mod line;
mod progress;

pub use line::{CallLine, Clock};
pub use progress::Progress;
pub use tally::Tally;

use std::io::{self, BufWriter, Read, Write};
use std::sync::mpsc::TryRecvError;

use deputize::Verifier;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};
use thiserror::Error;

use self::blocks::blocks;
use self::line::Answered;
use crate::limits::LINES_TOGETHER;

/// Decides about each line, `{"presentation":"…","request":{…}}`, at the time of `clock`, and
/// writes an [`Answer`](deputize::Answer) for it. The answer to an invalid line is an
/// [`Answer::Error`](deputize::Answer::Error), which does not end the batch.
///
/// # Errors
///
/// [`BatchError`]. The answers until then are written.
pub fn verify(
    input: impl Read + Send + 'static,
    output: impl Write,
    verifier: &Verifier,
    clock: Clock,
    progress: Progress,
) -> Result<Tally, BatchError> {
    run(input, output, progress, "allowed", |line| line::verify(line, verifier, clock))
}

/// Reports on each line, `{"token":"…"}` or `{"presentation":"…"}`, verified if there is a
/// verifier, and writes `{"report":{…}}`. The answer to an invalid line is an
/// [`Answer::Error`](deputize::Answer::Error).
///
/// # Errors
///
/// As [`verify`].
pub fn report(
    input: impl Read + Send + 'static,
    output: impl Write,
    verifier: Option<&Verifier>,
    clock: Clock,
    progress: Progress,
) -> Result<Tally, BatchError> {
    run(input, output, progress, "reported", |line| line::report(line, verifier, clock))
}

/// The reason why a batch ended before its input did.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BatchError {
    /// The input failed.
    #[error("cannot read the rest of the input: {0}")]
    Input(#[source] io::Error),
    /// The answers cannot be written. With [`io::ErrorKind::BrokenPipe`], their reader is gone.
    #[error("cannot write the answers: {0}")]
    Output(#[source] io::Error),
    /// A thread could not be started.
    #[error("cannot start a thread: {0}")]
    Threads(#[from] ThreadPoolBuildError),
}

fn run(
    input: impl Read + Send + 'static,
    output: impl Write,
    mut progress: Progress,
    passed: &str,
    answer: impl Fn(&[u8]) -> serde_json::Result<Answered> + Sync,
) -> Result<Tally, BatchError> {
    let pool = ThreadPoolBuilder::new().build()?;
    let blocks = blocks(input).map_err(BatchError::Input)?;
    let mut writer = Writer { output: BufWriter::new(output), tally: Tally::default() };
    let mut bytes: u64 = 0;
    loop {
        let next = match blocks.try_recv() {
            Err(TryRecvError::Empty) => {
                // A caller may wait for this answer before it writes the next line.
                writer.output.flush().map_err(BatchError::Output)?;
                blocks.recv().ok()
            }
            other => other.ok(),
        };
        let Some(block) = next else { break };
        let block = match block {
            Ok(block) => block,
            Err(error) => {
                writer.output.flush().map_err(BatchError::Output)?;
                return Err(BatchError::Input(error));
            }
        };
        let lines = block.lines.split_inclusive(|b| *b == b'\n');
        let lines: Vec<_> = lines.filter(|line| !line::is_blank(line)).collect();
        #[expect(clippy::disallowed_methods, reason = "`LINES_TOGETHER` is not zero")]
        for lines in lines.chunks(LINES_TOGETHER) {
            writer.write(answer_all(&pool, lines, &answer)).map_err(BatchError::Output)?;
        }
        if block.then_too_long {
            writer.write(Answered::too_long().map(|own| vec![own])).map_err(BatchError::Output)?;
        }
        bytes = bytes.saturating_add(u64::try_from(block.read).unwrap_or(u64::MAX));
        progress.show(bytes, &writer.tally);
    }
    writer.output.flush().map_err(BatchError::Output)?;
    progress.end(&writer.tally, passed);
    Ok(writer.tally)
}

fn answer_all(
    pool: &ThreadPool,
    lines: &[&[u8]],
    answer: impl Fn(&[u8]) -> serde_json::Result<Answered> + Sync,
) -> serde_json::Result<Vec<Answered>> {
    pool.install(|| lines.par_iter().map(|line| answer(line)).collect())
}

struct Writer<W: Write> {
    output: BufWriter<W>,
    tally: Tally,
}

impl<W: Write> Writer<W> {
    fn write(&mut self, answers: serde_json::Result<Vec<Answered>>) -> io::Result<()> {
        for Answered { outcome, json } in answers? {
            self.output.write_all(&json)?;
            self.tally.count(outcome);
        }
        Ok(())
    }
}
