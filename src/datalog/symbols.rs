//! Biscuit's table of strings, which grows from block to block.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::wire::{Malformed, Reader};

/// Strings that every Biscuit knows without being told, in the order of their numbers.
const DEFAULT: [&str; 28] = [
    "read",
    "write",
    "resource",
    "operation",
    "right",
    "time",
    "role",
    "owner",
    "tenant",
    "namespace",
    "user",
    "team",
    "service",
    "admin",
    "email",
    "group",
    "member",
    "ip_address",
    "client",
    "client_ip",
    "domain",
    "path",
    "version",
    "cluster",
    "node",
    "hostname",
    "nonce",
    "query",
];

/// The number of the first string that a token declares itself.
const OFFSET: u64 = 1024;

/// The strings of a token, block by block, each with its number.
#[derive(Debug, Default)]
pub(crate) struct Symbols<'a> {
    own: Vec<Cow<'a, str>>,
    numbers: HashMap<Cow<'a, str>, usize>,
    /// How many of `own` belong to earlier blocks.
    earlier: usize,
    /// How many of `own` have been used, in the order in which they stand.
    used: usize,
    /// Whether a string was used before one that stands in front of it.
    out_of_order: bool,
}

impl<'a> Symbols<'a> {
    /// The number of `text`, which is added where it is new.
    pub(super) fn intern(&mut self, text: &str) -> u64 {
        if let Some(number) = default_number(text) {
            return number;
        }
        let index = match self.numbers.get(text) {
            Some(index) => *index,
            None => {
                let index = self.own.len();
                self.own.push(Cow::Owned(text.to_owned()));
                self.numbers.insert(Cow::Owned(text.to_owned()), index);
                index
            }
        };
        match index.cmp(&self.used) {
            std::cmp::Ordering::Less => {}
            std::cmp::Ordering::Equal => self.used = self.used.saturating_add(1),
            std::cmp::Ordering::Greater => self.out_of_order = true,
        }
        u64::try_from(index).unwrap_or(u64::MAX).saturating_add(OFFSET)
    }

    /// Adds a string that a block declares. None may be declared twice.
    pub(super) fn declare(&mut self, text: &'a str) -> Result<(), Malformed> {
        let index = self.own.len();
        let is_new = default_number(text).is_none()
            && self.numbers.insert(Cow::Borrowed(text), index).is_none();
        self.own.push(Cow::Borrowed(text));
        if is_new { Ok(()) } else { Err(Malformed) }
    }

    /// The string that has this number.
    pub(super) fn lookup(&self, number: u64) -> Result<&'a str, Malformed> {
        let index = |n: u64| usize::try_from(n).map_err(|_| Malformed);
        if let Some(own) = number.checked_sub(OFFSET) {
            return match self.own.get(index(own)?) {
                Some(Cow::Borrowed(text)) => Ok(text),
                _ => Err(Malformed),
            };
        }
        DEFAULT.get(index(number)?).copied().ok_or(Malformed)
    }

    /// Takes over the strings of a block that was read before.
    pub(crate) fn skip_block(&mut self, content: &'a [u8]) -> Result<(), Malformed> {
        let mut r = Reader::new(content);
        while r.at(1) {
            self.declare(std::str::from_utf8(r.bytes(1)?).map_err(|_| Malformed)?)?;
        }
        self.used = self.own.len();
        self.end_block()
    }

    pub(super) fn of_this_block(&self) -> impl Iterator<Item = &str> {
        self.own.iter().skip(self.earlier).map(|text| &**text)
    }

    /// Ends a block, which must have used every string that it declared, in order.
    pub(super) fn end_block(&mut self) -> Result<(), Malformed> {
        if self.out_of_order || self.used != self.own.len() {
            return Err(Malformed);
        }
        self.earlier = self.own.len();
        Ok(())
    }
}

fn default_number(text: &str) -> Option<u64> {
    let index = DEFAULT.iter().position(|known| *known == text)?;
    u64::try_from(index).ok()
}
