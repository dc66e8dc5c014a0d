//! A second reader and canonical writer of JSON (RFC 8259, RFC 8785), which keeps repeated members
//! and the text of numbers.
//!
//! Vectors do not replace it: where a double has several shortest spellings, a writer that picks
//! the wrong one fails at `finds/requests/number_between_two_as_short` and in no other test.

use std::fmt::Write;

/// JSON with its members in their written order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    /// As written.
    Number(String),
    String(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// Reads a text that is exactly one JSON value.
pub(crate) fn read(text: &str) -> Option<Json> {
    let mut reader = Reader { rest: text };
    let value = reader.value(0)?;
    reader.blanks();
    reader.rest.is_empty().then_some(value)
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn blanks(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn skip(&mut self, start: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(start)?;
        Some(())
    }

    fn value(&mut self, depth: usize) -> Option<Json> {
        self.blanks();
        // All readers refuse deeper nesting.
        if depth > 127 {
            return None;
        }
        match self.rest.chars().next()? {
            'n' => self.skip("null").map(|()| Json::Null),
            't' => self.skip("true").map(|()| Json::Bool(true)),
            'f' => self.skip("false").map(|()| Json::Bool(false)),
            '"' => self.string().map(Json::String),
            '[' => self.items('[', ']', |own| own.value(depth + 1)).map(Json::List),
            '{' => self
                .items('{', '}', |own| {
                    own.blanks();
                    let name = own.string()?;
                    own.blanks();
                    own.skip(":")?;
                    Some((name, own.value(depth + 1)?))
                })
                .map(Json::Object),
            _ => self.number().map(Json::Number),
        }
    }

    fn items<T>(
        &mut self,
        open: char,
        close: char,
        mut item: impl FnMut(&mut Self) -> Option<T>,
    ) -> Option<Vec<T>> {
        self.rest = self.rest.strip_prefix(open)?;
        self.blanks();
        let mut items = Vec::new();
        if let Some(rest) = self.rest.strip_prefix(close) {
            self.rest = rest;
            return Some(items);
        }
        loop {
            items.push(item(self)?);
            self.blanks();
            if let Some(rest) = self.rest.strip_prefix(close) {
                self.rest = rest;
                return Some(items);
            }
            self.skip(",")?;
        }
    }

    fn number(&mut self) -> Option<String> {
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let text = self.rest;
        let mut at = usize::from(text.starts_with('-'));
        let whole = digits(&text[at..]);
        if whole == 0 || (whole > 1 && text[at..].starts_with('0')) {
            return None;
        }
        at += whole;
        if text[at..].starts_with('.') {
            let part = digits(&text[at + 1..]);
            (part > 0).then_some(())?;
            at += 1 + part;
        }
        if text[at..].starts_with(['e', 'E']) {
            let sign = usize::from(text[at + 1..].starts_with(['+', '-']));
            let power = digits(&text[at + 1 + sign..]);
            (power > 0).then_some(())?;
            at += 1 + sign + power;
        }
        self.rest = &text[at..];
        Some(text[..at].to_owned())
    }

    fn string(&mut self) -> Option<String> {
        self.skip("\"")?;
        let mut text = String::new();
        loop {
            let c = self.next()?;
            match c {
                '"' => return Some(text),
                '\\' => match self.next()? {
                    c @ ('"' | '\\' | '/') => text.push(c),
                    'b' => text.push('\u{8}'),
                    'f' => text.push('\u{c}'),
                    'n' => text.push('\n'),
                    'r' => text.push('\r'),
                    't' => text.push('\t'),
                    'u' => text.push(self.escape()?),
                    _ => return None,
                },
                c if c < ' ' => return None,
                c => text.push(c),
            }
        }
    }

    /// After `\u`: one unit, or a surrogate pair.
    fn escape(&mut self) -> Option<char> {
        let first = self.unit()?;
        if !(0xd800..0xe000).contains(&first) {
            return char::from_u32(first);
        }
        self.skip("\\u")?;
        let second = self.unit()?;
        let is_pair = first < 0xdc00 && (0xdc00..0xe000).contains(&second);
        char::from_u32(0x1_0000 + ((first & 0x3ff) << 10) + (second & 0x3ff)).filter(|_| is_pair)
    }

    fn unit(&mut self) -> Option<u32> {
        let digits = self.rest.get(..4).filter(|own| own.bytes().all(|b| b.is_ascii_hexdigit()))?;
        self.rest = &self.rest[4..];
        u32::from_str_radix(digits, 16).ok()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }
}

impl Json {
    /// Returns true if an object has two members with the same name.
    pub(crate) fn repeats(&self) -> bool {
        match self {
            Self::List(items) => items.iter().any(Self::repeats),
            Self::Object(members) => members.iter().enumerate().any(|(at, (name, value))| {
                value.repeats() || members[..at].iter().any(|(other, _)| other == name)
            }),
            _ => false,
        }
    }

    /// RFC 8785.
    pub(crate) fn canonical(&self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(own) => out.push_str(if *own { "true" } else { "false" }),
            Self::Number(own) => out.push_str(&number(own)),
            Self::String(own) => write_string(own, out),
            Self::List(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    out.push_str(if at == 0 { "" } else { "," });
                    item.write(out);
                }
                out.push(']');
            }
            Self::Object(members) => {
                let mut members: Vec<_> = members.iter().collect();
                members.sort_by_cached_key(|(name, _)| name.encode_utf16().collect::<Vec<_>>());
                out.push('{');
                for (at, (name, value)) in members.into_iter().enumerate() {
                    out.push_str(if at == 0 { "" } else { "," });
                    write_string(name, out);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            c if c < ' ' => write!(out, "\\u{:04x}", u32::from(c)).unwrap(),
            c => out.push(c),
        }
    }
    out.push('"');
}

impl Json {
    /// Returns true if a number is an integer as a double but not as written, or a larger integer
    /// than JSON carries exactly: canonical JSON may write it as an integer.
    pub(crate) fn rounds(&self) -> bool {
        match self {
            Self::Number(text) => {
                denoted(text).is_none() && double(text).is_some_and(|own| own.fract() == 0.0)
            }
            Self::List(items) => items.iter().any(Self::rounds),
            Self::Object(members) => members.iter().any(|(_, own)| own.rounds()),
            _ => false,
        }
    }
}

/// The integer within ±(2^53 − 1) that a number denotes, by long multiplication.
pub(crate) fn denoted(text: &str) -> Option<i64> {
    const MOST: i64 = 9_007_199_254_740_991;
    let (text, sign) = text.strip_prefix('-').map_or((text, 1), |rest| (rest, -1));
    let (digits, power) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let mut digits: Vec<u8> = whole.bytes().chain(part.bytes()).map(|b| b - b'0').collect();
    if digits.iter().all(|digit| *digit == 0) {
        return Some(0);
    }
    let mut power = power.parse::<i128>().ok()? - part.len() as i128;
    while power < 0 && digits.last() == Some(&0) {
        digits.pop();
        power += 1;
    }
    let mut number: i128 = 0;
    for digit in digits {
        number = number * 10 + i128::from(digit);
        (number <= i128::from(MOST)).then_some(())?;
    }
    while power > 0 {
        number *= 10;
        power -= 1;
        (number <= i128::from(MOST)).then_some(())?;
    }
    (power == 0).then_some(sign * number as i64)
}

/// The double nearest to a number, if it is finite.
pub(crate) fn double(text: &str) -> Option<f64> {
    text.parse().ok().filter(|own: &f64| own.is_finite())
}

/// The double as ECMAScript writes it (ECMA-262, `Number::toString`).
fn number(text: &str) -> String {
    let double = double(text).expect("accepted numbers are finite");
    if double == 0.0 {
        return "0".to_owned();
    }
    // The shortest digits that identify this double, and the exponent. Of several shortest ones,
    // the nearest; of two equally near, the even one (ECMA-262, note 2).
    let shortest = format!("{:e}", double.abs());
    let count = shortest.bytes().take_while(|b| *b != b'e').filter(u8::is_ascii_digit).count();
    let nearest = format!("{:.*e}", count - 1, double.abs());
    let chosen = if nearest.parse() == Ok(double.abs()) { nearest } else { shortest };
    let (digits, power) = chosen.split_once('e').unwrap();
    let digits = digits.replace('.', "");
    let (count, point) = (digits.len() as i32, power.parse::<i32>().unwrap() + 1);
    let zeros = |n: i32| "0".repeat(n as usize);
    let sign = if double < 0.0 { "-" } else { "" };
    let plain = if !(-5..=21).contains(&point) {
        let (first, rest) = digits.split_at(1);
        let dot = if rest.is_empty() { "" } else { "." };
        format!("{first}{dot}{rest}e{:+}", point - 1)
    } else if point >= count {
        format!("{digits}{}", zeros(point - count))
    } else if point > 0 {
        let (whole, part) = digits.split_at(point as usize);
        format!("{whole}.{part}")
    } else {
        format!("0.{}{digits}", zeros(-point))
    };
    format!("{sign}{plain}")
}
