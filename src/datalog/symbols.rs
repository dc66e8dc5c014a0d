//! Biscuit's table of strings, which grows from block to block.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::limits::MAX_BLOCK_TEXT;
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
    /// How many of `own` have been used. A string is declared where it is used first, so the next
    /// one to be used for the first time is the next one declared.
    used: usize,
    /// Bytes of the strings that this block uses, each as often as it does.
    text: usize,
}

impl<'a> Symbols<'a> {
    /// The number of `text`, which is added where it is new.
    pub(super) fn intern(&mut self, text: &str) -> u64 {
        self.text = self.text.saturating_add(text.len());
        if let Some(number) = default_number(text) {
            return number;
        }
        let index = self.numbers.get(text).copied().unwrap_or_else(|| {
            let index = self.own.len();
            self.own.push(Cow::Owned(text.to_owned()));
            self.numbers.insert(Cow::Owned(text.to_owned()), index);
            self.used = self.own.len();
            index
        });
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

    /// The string that has this number, which must not skip one that was not used before it.
    pub(super) fn lookup(&mut self, number: u64) -> Result<&'a str, Malformed> {
        let index = |n: u64| usize::try_from(n).map_err(|_| Malformed);
        let text = match number.checked_sub(OFFSET) {
            None => DEFAULT.get(index(number)?).copied().ok_or(Malformed)?,
            Some(own) => match self.own.get(index(own)?) {
                Some(Cow::Borrowed(text)) if index(own)? <= self.used => {
                    self.used = self.used.max(index(own)?.saturating_add(1));
                    *text
                }
                _ => return Err(Malformed),
            },
        };
        self.text = self.text.saturating_add(text.len());
        if self.text > MAX_BLOCK_TEXT {
            return Err(Malformed);
        }
        Ok(text)
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

    /// Ends a block, which must have used every string that it declared, and not too much text.
    pub(super) fn end_block(&mut self) -> Result<(), Malformed> {
        if self.used != self.own.len() || self.text > MAX_BLOCK_TEXT {
            return Err(Malformed);
        }
        self.earlier = self.own.len();
        self.text = 0;
        Ok(())
    }
}

/// The place of a string in [`DEFAULT`]. It is asked for every string of every block.
fn default_number(text: &str) -> Option<u64> {
    Some(match text {
        "read" => 0,
        "write" => 1,
        "resource" => 2,
        "operation" => 3,
        "right" => 4,
        "time" => 5,
        "role" => 6,
        "owner" => 7,
        "tenant" => 8,
        "namespace" => 9,
        "user" => 10,
        "team" => 11,
        "service" => 12,
        "admin" => 13,
        "email" => 14,
        "group" => 15,
        "member" => 16,
        "ip_address" => 17,
        "client" => 18,
        "client_ip" => 19,
        "domain" => 20,
        "path" => 21,
        "version" => 22,
        "cluster" => 23,
        "node" => 24,
        "hostname" => 25,
        "nonce" => 26,
        "query" => 27,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_string_has_the_number_of_its_place() {
        for (place, text) in (0..).zip(DEFAULT) {
            assert_eq!(default_number(text), Some(place), "{text}");
        }
        assert_eq!(default_number("delegate"), None);
    }
}
