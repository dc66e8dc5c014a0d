//! Processes that are killed while they change a file.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::revoke_files::temporary;

/// Runs a change to its end, and returns the time that it takes.
pub(crate) fn timed(mut change: Command) -> Duration {
    let begun = Instant::now();
    assert!(change.output().unwrap().status.success());
    begun.elapsed()
}

/// Kills a process that changes the file, again and again: `DEPUTIZE_KILLS` times, 25 unless it is
/// set. A change takes `whole`, and has a number. `check` returns false for the file that was seen
/// last, and true for the one after it with this change; it panics for any other.
#[expect(clippy::print_stdout, reason = "the numbers are printed with --nocapture")]
pub(crate) fn again_and_again(
    file: &Path,
    what: &str,
    whole: Duration,
    change: impl Fn(u32) -> Command,
    mut check: impl FnMut(&[u8], u32) -> bool,
) {
    let rounds: u32 = std::env::var("DEPUTIZE_KILLS").map_or(25, |text| text.parse().unwrap());
    let folder = file.parent().unwrap();
    let (mut kept, mut replaced, mut left_behind) = (0, 0, 0);
    for round in 0..rounds {
        let number = 1 + 2 * round;
        let mut child = change(number).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        match round % 3 {
            // Some time or other.
            0 => thread::sleep(whole.mul_f64(1.2 * f64::from(round) / f64::from(rounds))),
            // While it writes, or between that and the replacement.
            part => {
                let begun = Instant::now();
                while temporary(folder).is_none() && begun.elapsed() < whole * 2 {
                    thread::yield_now();
                }
                if part == 2 {
                    thread::sleep(Duration::from_micros(u64::from(round) * 97 % 9_000));
                }
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
        left_behind += u32::from(temporary(folder).is_some());
        match check(&fs::read(file).unwrap(), number) {
            true => replaced += 1,
            false => kept += 1,
        }
        // Files that it left behind do not disturb others, and are removed.
        let next = change(number + 1).output().unwrap();
        assert!(next.status.success(), "{}", String::from_utf8_lossy(&next.stderr));
        assert!(check(&fs::read(file).unwrap(), number + 1), "round {round}");
        assert_eq!(temporary(folder), None, "round {round}");
    }
    println!(
        "{rounds} killed: {kept} left the old {what}, {replaced} the new one, {left_behind} a temporary file"
    );
    assert!(kept > 0 && left_behind > 0, "none was killed while it wrote");
}
