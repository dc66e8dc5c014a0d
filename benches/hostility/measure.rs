//! CPU time of this thread, the yardstick for comparison, and peak memory.

use std::hint::black_box;

use ed25519_dalek::Signer as _;
use rustix::time::{ClockId, clock_gettime};

/// The number of tries. The minimum is from a try that nothing interrupted.
pub(crate) const TRIES: usize = 40;

/// The cost of one operation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figure {
    /// CPU time in µs.
    pub(crate) micros: f64,
    /// The ratio to `verify_strict`, measured at the same time.
    pub(crate) ratio: f64,
    /// Peak of additional allocated bytes.
    pub(crate) peak: usize,
}

/// The yardstick: one `verify_strict` of a short message.
pub(crate) struct Yardstick {
    key: ed25519_dalek::VerifyingKey,
    signature: ed25519_dalek::Signature,
}

impl Yardstick {
    const MESSAGE: [u8; 500] = [7; 500];

    pub(crate) fn new() -> Self {
        let key = ed25519_dalek::SigningKey::from_bytes(&[9; 32]);
        Self { key: key.verifying_key(), signature: key.sign(&Self::MESSAGE) }
    }

    fn micros(&self) -> f64 {
        cpu_micros(|| self.key.verify_strict(black_box(&Self::MESSAGE), &self.signature)).0
    }

    /// Measures `run` on the output of `prepare`. Input and output are dropped outside the measured
    /// time.
    pub(crate) fn measure<P, T>(
        &self,
        tries: usize,
        prepare: impl Fn() -> P,
        run: impl Fn(P) -> T,
    ) -> Figure {
        let input = prepare();
        let mut result = None;
        let allocated = allocation_counter::measure(|| result = Some(run(black_box(input))));
        drop(black_box(result));
        let peak = usize::try_from(allocated.bytes_max).unwrap_or(usize::MAX);
        let (mut micros, mut yard) = (f64::MAX, f64::MAX);
        for _ in 0..tries {
            yard = yard.min(self.micros());
            let input = prepare();
            let (took, result) = cpu_micros(|| run(black_box(input)));
            micros = micros.min(took);
            drop(black_box(result));
        }
        Figure { micros, ratio: micros / yard, peak }
    }
}

fn cpu_micros<T>(run: impl FnOnce() -> T) -> (f64, T) {
    let now = || {
        let at = clock_gettime(ClockId::ThreadCPUTime);
        i128::from(at.tv_sec) * 1_000_000_000 + i128::from(at.tv_nsec)
    };
    let start = now();
    let result = run();
    let nanos = i32::try_from(now() - start).unwrap_or(i32::MAX);
    (f64::from(nanos) / 1_000.0, result)
}
