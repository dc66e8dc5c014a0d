//! Numbers as written in the text: `5.0` and `5e0` are the integer 5, `5.0000000000000000001` is
//! not, although all three are the same double.

use std::cell::Cell;

use serde_json::Number;

use crate::limits::{MAX_INTEGER, MAX_JSON_VALUES};

pub(super) const UNRELIABLE_NUMBERS: &str = "its numbers cannot be read reliably; is the feature `arbitrary_precision` of `serde_json` enabled?";

/// The numbers of a JSON text, as written and in order.
#[derive(Debug)]
pub(crate) struct Numerals<'a> {
    json: &'a str,
    /// The byte offset at which the search for the next number begins.
    at: Cell<usize>,
    /// True once a parsed number differs from the one in the text.
    is_out_of_step: Cell<bool>,
    /// The elements and members that were read.
    values: Cell<usize>,
}

impl<'a> Numerals<'a> {
    pub(crate) fn of(json: &'a str) -> Self {
        let (at, values) = (Cell::new(0), Cell::new(0));
        Self { json, at, is_out_of_step: Cell::new(false), values }
    }

    /// Counts an element or a member. Returns false if there are more than
    /// [`MAX_JSON_VALUES`].
    pub(super) fn count_value(&self) -> bool {
        self.values.set(self.values.get().saturating_add(1));
        self.values.get() <= MAX_JSON_VALUES
    }

    pub(super) fn mark_out_of_step(&self) {
        self.is_out_of_step.set(true);
    }

    /// Checks that every number was taken and matched the parsed value. A parser that gives some
    /// numbers in another shape (`serde_json` with the feature `arbitrary_precision`) takes fewer.
    pub(crate) fn end(&self) -> serde_json::Result<()> {
        if self.is_out_of_step.get() || !self.next().is_empty() {
            return Err(serde::de::Error::custom(UNRELIABLE_NUMBERS));
        }
        Ok(())
    }

    /// Returns the next number, or an empty text after the last. The text up to it must be valid
    /// JSON.
    pub(super) fn next(&self) -> &'a str {
        let mut rest = self.json.get(self.at.get()..).unwrap_or_default();
        while let Some(found) = skip_to(rest, |b| b == b'"' || b == b'-' || b.is_ascii_digit()) {
            if let Some(string) = found.strip_prefix('"') {
                rest = after_string(string);
                continue;
            }
            let is_part = |b: u8| b.is_ascii_digit() || b"+-.eE".contains(&b);
            let length = found.bytes().position(|b| !is_part(b)).unwrap_or(found.len());
            let start = self.json.len().saturating_sub(found.len());
            self.at.set(start.saturating_add(length));
            return found.get(..length).unwrap_or_default();
        }
        self.at.set(self.json.len());
        ""
    }
}

/// Returns the text from the first byte that satisfies the predicate. That byte must be ASCII.
fn skip_to(text: &str, is_target: impl Fn(u8) -> bool) -> Option<&str> {
    text.get(text.bytes().position(is_target)?..)
}

/// Returns the text after the closing quote, given the text after the opening one.
fn after_string(mut rest: &str) -> &str {
    while let Some(found) = skip_to(rest, |b| b == b'"' || b == b'\\') {
        match found.strip_prefix('\\') {
            // An escape is one ASCII character, or `u` and four hexadecimal digits, which are
            // skipped like any other text.
            Some(escaped) => rest = escaped.get(1..).unwrap_or_default(),
            None => return found.get(1..).unwrap_or_default(),
        }
    }
    ""
}

/// Returns the integer within ±(2^53 − 1) that a JSON number denotes exactly, if any.
pub(super) fn integer(numeral: &str) -> Option<i64> {
    let (is_negative, unsigned) = match numeral.strip_prefix('-') {
        Some(unsigned) => (true, unsigned),
        None => (false, numeral),
    };
    let (digits, power) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Some(0);
    }
    // An exponent that overflows `i64` cannot give an integer within bounds, because no text has
    // enough digits to compensate for it.
    let power: i64 = power.parse().ok()?;
    let significant = digits.trim_end_matches('0');
    let zeros = digits.len().saturating_sub(significant.len());
    let shift = power
        .checked_add(i64::try_from(zeros).ok()?)?
        .checked_sub(i64::try_from(fraction.len()).ok()?)?;
    // 2^53 has 16 digits.
    let zeros = u32::try_from(shift).ok().filter(|zeros| *zeros < 16)?;
    let number = significant.parse::<i64>().ok()?.checked_mul(10_i64.checked_pow(zeros)?)?;
    (number <= MAX_INTEGER).then_some(if is_negative { number.saturating_neg() } else { number })
}

/// Returns true if the number is written without fraction and exponent.
pub(super) fn is_written_as_integer(numeral: &str) -> bool {
    !numeral.contains(['.', 'e', 'E'])
}

/// Returns the integer within ±(2^53 − 1) that a double equals, if any, for numbers whose text is
/// not available.
fn integer_from_double(double: f64) -> Option<i64> {
    const BOUND: f64 = 9_007_199_254_740_992.0;
    let is_integer = double.fract() == 0.0 && double.abs() < BOUND;
    // `Display` writes an integral double without a point or an exponent.
    if is_integer { integer(&double.to_string()) } else { None }
}

/// Normalises a number whose text is not available: a double that is an integer within ±(2^53 − 1)
/// becomes that integer.
pub(crate) fn without_text(number: &Number) -> Number {
    let double = if number.is_f64() { number.as_f64() } else { None };
    double.and_then(integer_from_double).map_or_else(|| number.clone(), Number::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_recognised_in_any_notation() {
        let most = MAX_INTEGER;
        for (text, denoted) in [
            ("0", Some(0)),
            ("-0", Some(0)),
            ("-0.0", Some(0)),
            ("0e999999999999999999999", Some(0)),
            ("5", Some(5)),
            ("5.0", Some(5)),
            ("5.000", Some(5)),
            ("-5E0", Some(-5)),
            ("50e-1", Some(5)),
            ("0.5e1", Some(5)),
            ("1e3", Some(1000)),
            ("1.5e+3", Some(1500)),
            ("1e15", Some(1_000_000_000_000_000)),
            ("9007199254740991", Some(most)),
            ("-9007199254740991.0", Some(-most)),
            ("900719925474099100e-2", Some(most)),
            ("0.9007199254740991e16", Some(most)),
            ("9007199254740992", None),
            ("9007199254740992.0", None),
            ("1e16", None),
            ("6.02e23", None),
            ("1e999999999999999999999", None),
            ("18446744073709551616", None),
            ("0.5", None),
            ("5.0000000000000000001", None),
            ("5e-1", None),
            ("1e-400", None),
            ("1e-999999999999999999999", None),
        ] {
            assert_eq!(integer(text), denoted, "{text}");
        }
    }

    #[test]
    fn integral_doubles_become_integers() {
        for (double, found) in [
            (5.0, Some(5)),
            (-0.0, Some(0)),
            (-1e3, Some(-1000)),
            (9_007_199_254_740_991.0, Some(MAX_INTEGER)),
            (9_007_199_254_740_992.0, None),
            (6.02e23, None),
            (0.5, None),
            (f64::INFINITY, None),
            (f64::NAN, None),
        ] {
            assert_eq!(integer_from_double(double), found, "{double}");
        }
    }

    #[test]
    fn numbers_are_found_outside_strings() {
        let json = r#"{"a1": [-1, "2\"3\\", 4.50e+6], "\u0031\\": true, "b": {"7": 8}, "c":9}"#;
        let numerals = Numerals::of(json);
        let found: Vec<_> = std::iter::repeat_with(|| numerals.next()).take(6).collect();
        assert_eq!(found, ["-1", "4.50e+6", "8", "9", "", ""]);
    }
}
