//! The id of a line that cannot be read as a message.

use serde_json::Value as Json;

use crate::id::Id;

/// Returns the id of the answer that a line seems to be: an object with one member `id`, none with the
/// name `method`, and nothing around it. The values of other members need not be JSON.
///
/// It only says who waits in vain. A server could answer the request with an error as well, so the one
/// whose answer cannot be read gains nothing by the id of another.
pub(crate) fn id_of_answer(line: &[u8]) -> Option<Id> {
    let mut rest = Rest(line.trim_ascii());
    let mut id = None;
    rest.take(b'{')?;
    if rest.take(b'}').is_none() {
        loop {
            let key: Result<String, _> = serde_json::from_slice(rest.string()?);
            rest.take(b':')?;
            let value = rest.value()?;
            match key.as_deref() {
                Ok("method") => return None,
                Ok("id") if id.is_some() => return None,
                Ok("id") => id = Some(value),
                // Also a key that is not text, which is none of the two.
                _ => {}
            }
            if rest.take(b',').is_none() {
                break rest.take(b'}')?;
            }
        }
    }
    let raw = std::str::from_utf8(id?).ok().filter(|_| rest.0.is_empty())?;
    let json: Json = serde_json::from_str(raw).ok()?;
    Id::read(raw, &json)
}

/// The part of a line that is not read yet.
struct Rest<'l>(&'l [u8]);

impl<'l> Rest<'l> {
    fn skip_blanks(&mut self) {
        self.0 = self.0.trim_ascii_start();
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        self.skip_blanks();
        let rest = self.0.strip_prefix(&[byte])?;
        self.0 = rest;
        Some(())
    }

    /// Takes bytes up to an offset.
    fn split(&mut self, at: usize) -> Option<&'l [u8]> {
        let (taken, rest) = self.0.split_at_checked(at)?;
        self.0 = rest;
        Some(taken)
    }

    /// Takes a string, with its quotes.
    fn string(&mut self) -> Option<&'l [u8]> {
        self.skip_blanks();
        let end = end_of_string(self.0)?;
        self.split(end)
    }

    /// Takes a value, up to the comma or the brace behind it. Brackets are only counted.
    fn value(&mut self) -> Option<&'l [u8]> {
        self.skip_blanks();
        let (mut at, mut depth) = (0_usize, 0_usize);
        loop {
            match self.0.get(at)? {
                b'"' => {
                    at = at.checked_add(end_of_string(self.0.get(at..)?)?)?;
                    continue;
                }
                b'{' | b'[' => depth = depth.checked_add(1)?,
                b',' | b'}' if depth == 0 => break,
                b'}' | b']' => depth = depth.checked_sub(1)?,
                _ => {}
            }
            at = at.checked_add(1)?;
        }
        self.split(at).map(<[u8]>::trim_ascii_end)
    }
}

/// Returns the length of the string at the beginning, with its quotes.
fn end_of_string(text: &[u8]) -> Option<usize> {
    let mut bytes = text.iter().enumerate();
    if bytes.next()?.1 != &b'"' {
        return None;
    }
    loop {
        match bytes.next()? {
            (_, b'\\') => {
                bytes.next()?;
            }
            (at, b'"') => return at.checked_add(1),
            _ => {}
        }
    }
}
