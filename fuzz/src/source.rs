//! Choices drawn from the fuzzer's bytes, so that it can learn the effect of each byte.

/// Draws from the input, and after its end from a fixed sequence.
#[derive(Debug)]
pub struct Source<'a> {
    bytes: &'a [u8],
    /// Splitmix64: loops that draw until something fits come to an end.
    tail: u64,
}

impl<'a> Source<'a> {
    /// A source that draws from this input.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, tail: 0 }
    }

    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        if let Some((byte, rest)) = self.bytes.split_first() {
            self.bytes = rest;
            return *byte;
        }
        self.tail = self.tail.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.tail;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z >> 32) as u8
    }

    /// A number below `n`, which is at least 1.
    pub fn below(&mut self, n: usize) -> usize {
        let low = usize::from(self.byte());
        let all = if n > 256 { low << 8 | usize::from(self.byte()) } else { low };
        all % n
    }

    /// True with a probability of `percent` %.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of a pool.
    pub fn pick<T: Clone>(&mut self, pool: &[T]) -> T {
        pool[self.below(pool.len())].clone()
    }

    /// The next bytes of the input, at most `most`.
    pub fn bytes(&mut self, most: usize) -> &'a [u8] {
        let count = self.below(most + 1).min(self.bytes.len());
        let (taken, rest) = self.bytes.split_at(count);
        self.bytes = rest;
        taken
    }
}
