//! The subset of the protobuf wire format that Biscuit uses, in one canonical encoding: varints of
//! minimal length, and length-delimited fields.
//!
//! A library is not an option, because the decision path must not allocate by an untrusted length,
//! drop an unknown field, or accept two encodings of one message.

/// The bytes are not a message in this encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

const VARINT: u32 = 0;
const DELIMITED: u32 = 2;

/// A writer of one message, front to back.
#[derive(Debug, Default)]
pub(crate) struct Writer(Vec<u8>);

/// The start of an inner message that is not closed yet.
#[must_use]
pub(crate) struct Open(usize);

impl Writer {
    /// Creates a writer with room for `bytes` bytes, so that a message of about this length is not
    /// reallocated.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    pub(crate) fn uint(&mut self, field: u32, value: u64) {
        self.key(field, VARINT);
        self.varint(value);
    }

    pub(crate) fn bytes(&mut self, field: u32, bytes: &[u8]) {
        self.key(field, DELIMITED);
        self.varint(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        self.0.extend_from_slice(bytes);
    }

    /// Begins an inner message, which [`close`](Self::close) ends.
    pub(crate) fn open(&mut self, field: u32) -> Open {
        self.key(field, DELIMITED);
        self.0.push(0);
        Open(self.0.len())
    }

    /// Writes the length in front of the message that began at `open`. Most messages are shorter
    /// than 128 bytes, and their length fits into the byte that `open` reserved.
    #[expect(
        clippy::disallowed_methods,
        reason = "`varint` has just appended `width` bytes after `slot`, so both are in range"
    )]
    pub(crate) fn close(&mut self, Open(start): Open) {
        let end = self.0.len();
        let length = end.saturating_sub(start);
        let slot = start.saturating_sub(1);
        if let (Ok(short @ ..0x80), Some(kept)) = (u8::try_from(length), self.0.get_mut(slot)) {
            *kept = short;
            return;
        }
        self.varint(u64::try_from(length).unwrap_or(u64::MAX));
        let width = self.0.len().saturating_sub(end);
        if let Some(tail) = self.0.get_mut(slot..) {
            tail.rotate_right(width);
        }
        // The reserved byte is now directly after the length.
        self.0.remove(slot.saturating_add(width));
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    fn key(&mut self, field: u32, wire_type: u32) {
        self.varint(u64::from(field << 3 | wire_type));
    }

    fn varint(&mut self, mut value: u64) {
        loop {
            let [low, ..] = value.to_le_bytes();
            value >>= 7;
            if value == 0 {
                return self.0.push(low & 0x7f);
            }
            self.0.push(low | 0x80);
        }
    }
}

/// A reader of one message, front to back, in ascending order of its fields.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Reads the next field, which must be this varint field.
    pub(crate) fn uint(&mut self, field: u32) -> Result<u64, Malformed> {
        self.expect(field, VARINT)?;
        self.varint()
    }

    /// Reads the next field, which must be this length-delimited field.
    pub(crate) fn bytes(&mut self, field: u32) -> Result<&'a [u8], Malformed> {
        self.expect(field, DELIMITED)?;
        // A slice of the input, never an allocation: the length is untrusted.
        let length = usize::try_from(self.varint()?).map_err(|_| Malformed)?;
        let (bytes, rest) = self.0.split_at_checked(length).ok_or(Malformed)?;
        self.0 = rest;
        Ok(bytes)
    }

    pub(crate) fn message(&mut self, field: u32) -> Result<Self, Malformed> {
        self.bytes(field).map(Self)
    }

    /// Returns the number of the next field, or `None` at the end. Biscuit's field numbers are
    /// below 16, so each key is one byte. A longer key yields a number of 16 or more.
    pub(crate) fn peek(&self) -> Option<u32> {
        self.0.first().map(|key| u32::from(key >> 3))
    }

    /// Returns true if the next field has this number.
    pub(crate) fn at(&self, field: u32) -> bool {
        self.peek() == Some(field)
    }

    /// Returns the remaining bytes.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// Checks that nothing remains.
    pub(crate) fn end(self) -> Result<(), Malformed> {
        if self.0.is_empty() { Ok(()) } else { Err(Malformed) }
    }

    fn expect(&mut self, field: u32, wire_type: u32) -> Result<(), Malformed> {
        match self.0.split_first() {
            Some((key, rest)) if u32::from(*key) == (field << 3 | wire_type) => {
                self.0 = rest;
                Ok(())
            }
            _ => Err(Malformed),
        }
    }

    fn varint(&mut self) -> Result<u64, Malformed> {
        // Nearly all varints are one byte long.
        if let Some((byte @ ..0x80, rest)) = self.0.split_first() {
            self.0 = rest;
            return Ok(u64::from(*byte));
        }
        let mut value = 0_u64;
        for place in 0..10_u32 {
            let (byte, rest) = self.0.split_first().ok_or(Malformed)?;
            self.0 = rest;
            let bits = u64::from(byte & 0x7f);
            let shifted = bits.checked_shl(place.saturating_mul(7)).ok_or(Malformed)?;
            if place == 9 && *byte > 1 {
                return Err(Malformed);
            }
            value |= shifted;
            if byte & 0x80 == 0 {
                // A final zero byte adds nothing, so this is not the shortest encoding.
                return if *byte == 0 { Err(Malformed) } else { Ok(value) };
            }
        }
        Err(Malformed)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn long_and_overlong_varints_are_malformed() {
        for bytes in [
            &[0x08, 0x80, 0x00][..],
            &[0x08],
            &[0x08, 0x80],
            &[0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02],
        ] {
            assert_eq!(Reader::new(bytes).uint(1), Err(Malformed), "{bytes:?}");
        }
    }

    #[test]
    fn a_length_beyond_the_end_is_malformed() {
        assert_eq!(Reader::new(&[0x0a, 0x05, 1, 2]).bytes(1), Err(Malformed));
        let huge = [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        assert_eq!(Reader::new(&huge).bytes(1), Err(Malformed));
    }

    proptest! {
        #[test]
        fn a_written_message_reads_back(value: u64, outer in 0..400_usize, inner in 0..400_usize) {
            let mut w = Writer::default();
            w.uint(1, value);
            let open = w.open(2);
            w.bytes(1, &vec![7; outer]);
            let deeper = w.open(3);
            w.bytes(1, &vec![9; inner]);
            w.close(deeper);
            w.close(open);
            w.uint(15, 5);
            let bytes = w.into_bytes();
            let mut r = Reader::new(&bytes);
            prop_assert_eq!(r.uint(1), Ok(value));
            let mut m = r.message(2).unwrap();
            prop_assert_eq!(m.bytes(1).unwrap(), vec![7; outer]);
            prop_assert_eq!(m.message(3).unwrap().bytes(1).unwrap(), vec![9; inner]);
            prop_assert_eq!(m.end(), Ok(()));
            prop_assert_eq!(r.uint(15), Ok(5));
            prop_assert_eq!(r.end(), Ok(()));
        }
    }
}
