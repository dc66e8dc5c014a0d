//! Biscuit's table of strings, which grows from block to block: `docs/FORMAT.md`, section 6.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use crate::format::wire::{Malformed, Reader};
use crate::limits::MAX_BLOCK_TEXT;

/// The default symbols of Biscuit, in the order of their numbers.
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

/// The number of the first string that a token itself declares.
pub(super) const OFFSET: usize = 1024;

/// The strings of a token being read, block by block, each with its number.
#[derive(Debug, Default)]
pub(crate) struct Symbols<'a> {
    /// The strings of blocks that were read before. They come first, and each has been used.
    earlier: Option<&'a Strings>,
    own: Vec<&'a str>,
    distinct: HashSet<&'a str>,
    /// The number of strings in `own` that have been used. Strings are declared in the order of
    /// their first use, so the next new one must be the next one declared.
    used: usize,
    /// Total length of the strings that this block uses, in bytes, counted at each use.
    text: usize,
    /// The same for all blocks before it.
    earlier_text: usize,
}

impl<'a> Symbols<'a> {
    /// Continues after blocks that have these strings.
    pub(crate) fn after(earlier: &'a Strings) -> Self {
        Self { earlier: Some(earlier), ..Self::default() }
    }

    /// Adds a string that a block declares. A second declaration is an error.
    pub(super) fn declare(&mut self, text: &'a str) -> Result<(), Malformed> {
        let is_earlier = self.earlier.is_some_and(|earlier| earlier.contains(text));
        if is_earlier || default_number(text).is_some() || !self.distinct.insert(text) {
            return Err(Malformed);
        }
        self.own.push(text);
        Ok(())
    }

    /// Returns the string with this number.
    pub(super) fn find(&self, number: u64) -> Option<&'a str> {
        match self.place(number) {
            Place::Default(place) => DEFAULT.get(place).copied(),
            Place::Earlier(place) => self.earlier?.get(place),
            Place::Own(place) => self.own.get(place).copied(),
        }
    }

    /// Uses the string with this number, which must be `text`. A new string must be the next one
    /// declared.
    pub(super) fn expect(&mut self, number: u64, text: &str) -> Result<(), Malformed> {
        if self.find(number) != Some(text) {
            return Err(Malformed);
        }
        if let Place::Own(place) = self.place(number) {
            if place > self.used {
                return Err(Malformed);
            }
            self.used = self.used.max(place.saturating_add(1));
        }
        self.text = self.text.saturating_add(text.len());
        Ok(())
    }

    fn place(&self, number: u64) -> Place {
        // A number beyond `usize` becomes one that no string has.
        let number = usize::try_from(number).unwrap_or(usize::MAX);
        let Some(place) = number.checked_sub(OFFSET) else {
            return Place::Default(number);
        };
        match place.checked_sub(self.earlier.map_or(0, Strings::len)) {
            Some(place) => Place::Own(place),
            None => Place::Earlier(place),
        }
    }

    /// Ends a block, which must have used every string that it declared, and at most
    /// [`MAX_BLOCK_TEXT`] bytes.
    pub(super) fn end_block(&mut self) -> Result<(), Malformed> {
        if self.used != self.own.len() || self.text > MAX_BLOCK_TEXT {
            return Err(Malformed);
        }
        self.earlier_text = self.earlier_text.saturating_add(self.text);
        self.text = 0;
        Ok(())
    }

    /// Returns the total length of the strings that all blocks used, in bytes, counted at each use.
    pub(crate) fn all_text(&self) -> usize {
        self.earlier_text
    }

    /// Copies the strings out of the blocks.
    pub(crate) fn to_strings(&self) -> Strings {
        Strings::of(&self.own)
    }
}

/// The table that has a string, and its index there.
enum Place {
    Default(usize),
    Earlier(usize),
    Own(usize),
}

/// The strings of blocks that were read, in the order of their numbers.
#[derive(Debug)]
pub(crate) struct Strings {
    text: Box<str>,
    /// The end of each string in `text`.
    ends: Box<[usize]>,
    /// The indices of all strings, sorted by the strings.
    sorted: Box<[usize]>,
}

impl Strings {
    fn of(strings: &[&str]) -> Self {
        let mut end = 0_usize;
        let ends = strings.iter().map(|string| {
            end = end.saturating_add(string.len());
            end
        });
        let ends = ends.collect();
        let mut sorted: Box<[usize]> = (0..strings.len()).collect();
        sorted.sort_unstable_by_key(|place| strings.get(*place));
        Self { text: strings.concat().into(), ends, sorted }
    }

    fn len(&self) -> usize {
        self.ends.len()
    }

    fn get(&self, place: usize) -> Option<&str> {
        let before = place.checked_sub(1).and_then(|before| self.ends.get(before));
        self.text.get(before.copied().unwrap_or(0)..*self.ends.get(place)?)
    }

    fn contains(&self, text: &str) -> bool {
        self.sorted.binary_search_by_key(&Some(text), |place| self.get(*place)).is_ok()
    }
}

/// The strings of a token being written, block by block, each with its number.
#[derive(Debug, Default)]
pub(crate) struct Interner<'a> {
    own: Vec<Cow<'a, str>>,
    numbers: HashMap<Cow<'a, str>, usize>,
    /// The number of strings in `own` that belong to earlier blocks.
    earlier: usize,
    /// Total length of the strings that this block uses, in bytes, counted at each use.
    text: usize,
}

impl<'a> Interner<'a> {
    /// Returns the number of `text`. A new string gets the next number.
    pub(super) fn intern(&mut self, text: &str) -> u64 {
        self.text = self.text.saturating_add(text.len());
        if let Some(number) = default_number(text) {
            return number;
        }
        let place = self.numbers.get(text).copied().unwrap_or_else(|| {
            let place = self.own.len();
            self.own.push(Cow::Owned(text.to_owned()));
            self.numbers.insert(Cow::Owned(text.to_owned()), place);
            place
        });
        u64::try_from(place.saturating_add(OFFSET)).unwrap_or(u64::MAX)
    }

    /// Adds the strings of a block that was written before.
    pub(crate) fn skip_block(&mut self, content: &'a [u8]) -> Result<(), Malformed> {
        let mut r = Reader::new(content);
        while r.at(1) {
            let text = Cow::Borrowed(std::str::from_utf8(r.bytes(1)?).map_err(|_| Malformed)?);
            self.numbers.insert(text.clone(), self.own.len());
            self.own.push(text);
        }
        self.end_block()
    }

    pub(super) fn of_this_block(&self) -> impl Iterator<Item = &str> {
        self.own.iter().skip(self.earlier).map(|text| &**text)
    }

    /// Ends a block, which must have used at most [`MAX_BLOCK_TEXT`] bytes.
    pub(super) fn end_block(&mut self) -> Result<(), Malformed> {
        if self.text > MAX_BLOCK_TEXT {
            return Err(Malformed);
        }
        self.earlier = self.own.len();
        self.text = 0;
        Ok(())
    }
}

/// Returns the index of a string in [`DEFAULT`]. Every string of every block is looked up here.
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
    fn every_default_string_has_its_index_as_number() {
        for (place, text) in (0..).zip(DEFAULT) {
            assert_eq!(default_number(text), Some(place), "{text}");
        }
        assert_eq!(default_number("delegate"), None);
    }
}
