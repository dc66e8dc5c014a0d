//! Strict reading of untrusted JSON: text that two readers could read differently is refused.
//!
//! `serde_json` keeps the last of two equal keys, and other readers keep the first. The code that
//! `serde` derives for a struct also reads an array, in which the fields have no names. These
//! readers refuse both.
//!
//! ```
//! use deputize::text::json;
//! use serde::Deserialize;
//!
//! #[derive(Deserialize)]
//! #[serde(deny_unknown_fields)]
//! struct Call {
//!     tool: String,
//!     args: json::StrictJson,
//! }
//!
//! let call: Call = json::read_object(r#"{"tool": "search", "args": {"limit": 5.0}}"#)?;
//! assert_eq!((call.tool.as_str(), call.args.0["limit"].as_i64()), ("search", Some(5)));
//!
//! let twice = json::read_object::<Call>(r#"{"tool": "search", "args": {"a": 1, "a": 2}}"#);
//! assert_eq!(twice.err().unwrap().to_string(), "duplicate key `a` at line 1 column 39");
//! let list = json::read_object::<Call>(r#"["search", {}]"#);
//! assert_eq!(list.err().unwrap().message(), "invalid type: sequence, expected a JSON object");
//! # Ok::<(), json::JsonError>(())
//! ```

mod error;
mod numeral;
mod bare;

use std::fmt::{self, Formatter};
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value as Json};

use crate::limits::MAX_JSON_VALUES;
use crate::text::escape::Backticked;

pub(crate) use bare::as_signed;
pub use bare::{Bare, read_bare};
pub use error::JsonError;
pub(crate) use numeral::{Numerals, without_text};
use numeral::{UNRELIABLE_NUMBERS, integer, is_written_as_integer};

/// Reads any JSON in which no object repeats a key.
///
/// A number whose text denotes an integer within ±(2^53 − 1) exactly becomes that integer, in any
/// notation: `5.0`, `1e3`.
///
/// # Errors
///
/// [`JsonError`] for any other text.
pub fn read(text: &str) -> Result<Json, JsonError> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let numerals = Numerals::of(text);
    let json = Strict::within(&numerals).deserialize(&mut reader)?;
    reader.end()?;
    numerals.end()?;
    Ok(json)
}

/// Reads a struct with named fields from a JSON object. No object in the text may repeat a key.
///
/// The struct should deny unknown fields. A field that may hold any JSON should be a
/// [`StrictJson`], and a field that is a struct should be a [`FromObject`].
///
/// # Errors
///
/// [`JsonError`] if the text is not an object, or the struct refuses it.
pub fn read_object<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T, JsonError> {
    // A map inside `T`, and a field that `T` skips, would accept a repeated key.
    serde_json::from_str::<StrictJson>(text)?;
    let FromObject(value) = serde_json::from_str(text)?;
    Ok(value)
}

/// JSON in which no object repeats a key, as a field of something else.
///
/// A deserializer does not expose the text of a number, so a double that is an integer within
/// ±(2^53 − 1) becomes that integer. [`read`] judges by the text.
#[derive(Debug, Clone, PartialEq)]
pub struct StrictJson(pub Json);

impl<'de> Deserialize<'de> for StrictJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Strict { doubles: Doubles::Converted }.deserialize(deserializer).map(Self)
    }
}

/// As [`StrictJson`], but a double stays a double: for the limits of a grant.
///
/// An author who limits an argument to `4.9999999999999999999` has not granted 5, although that is
/// the nearest double.
pub(crate) struct LimitJson(pub(crate) Json);

impl<'de> Deserialize<'de> for LimitJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Strict { doubles: Doubles::Kept }.deserialize(deserializer).map(Self)
    }
}

/// A visitor and seed that reads strict JSON.
#[derive(Clone, Copy)]
pub(crate) struct Strict<'n> {
    doubles: Doubles<'n>,
}

/// The treatment of a number that was read as a double.
#[derive(Clone, Copy)]
enum Doubles<'n> {
    /// Its text decides whether it is an integer.
    ByText(&'n Numerals<'n>),
    /// It becomes the integer that it equals, if any.
    Converted,
    Kept,
}

impl<'n> Strict<'n> {
    /// Returns a reader of JSON inside a text whose earlier numbers have all been taken.
    pub(crate) fn within(numerals: &'n Numerals<'n>) -> Self {
        Self { doubles: Doubles::ByText(numerals) }
    }

    /// Counts an element or a member, before it is read.
    fn count<E: Error>(self) -> Result<(), E> {
        match self.doubles {
            Doubles::ByText(numerals) if !numerals.count_value() => {
                Err(E::custom(format!("more than {MAX_JSON_VALUES} values")))
            }
            _ => Ok(()),
        }
    }

    fn number(self, read: Number) -> Json {
        let numerals = match self.doubles {
            Doubles::ByText(numerals) => numerals,
            Doubles::Converted => return Json::Number(without_text(&read)),
            Doubles::Kept => return Json::Number(read),
        };
        let numeral = numerals.next();
        // The text and the parsed values are walked side by side. A mismatch means that they are
        // out of step, and every later number would get the text of another one.
        if numeral.parse::<f64>().ok() != read.as_f64() {
            numerals.mark_out_of_step();
        }
        if let Some(whole) = integer(numeral) {
            return Json::from(whole);
        }
        // `serde_json` turns an integer of more than 64 bits into a double. It must be refused as
        // an integer out of bounds, and not pass as a float.
        match is_written_as_integer(numeral) && read.is_f64() {
            true if numeral.starts_with('-') => Json::from(i64::MIN),
            true => Json::from(u64::MAX),
            false => Json::Number(read),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Json;

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E: Error>(self, b: bool) -> Result<Json, E> {
        Ok(Json::Bool(b))
    }

    fn visit_i64<E: Error>(self, i: i64) -> Result<Json, E> {
        Ok(self.number(i.into()))
    }

    fn visit_u64<E: Error>(self, u: u64) -> Result<Json, E> {
        Ok(self.number(u.into()))
    }

    fn visit_f64<E: Error>(self, f: f64) -> Result<Json, E> {
        Number::from_f64(f)
            .map(|number| self.number(number))
            .ok_or_else(|| E::custom("a number that is not finite"))
    }

    fn visit_str<E: Error>(self, s: &str) -> Result<Json, E> {
        Ok(Json::from(s))
    }

    fn visit_string<E: Error>(self, s: String) -> Result<Json, E> {
        Ok(Json::from(s))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(self)? {
            self.count()?;
            items.push(item);
        }
        Ok(Json::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut members = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            if key.starts_with(SERDE_JSON_PRIVATE) {
                return Err(Error::custom(UNRELIABLE_NUMBERS));
            }
            if members.contains_key(&key) {
                return Err(Error::custom(format!("duplicate key {}", Backticked(&key))));
            }
            self.count()?;
            members.insert(key, map.next_value_seed(self)?);
        }
        Ok(Json::Object(members))
    }
}

/// The beginning of the names in which `serde_json` hides numbers and raw JSON, with some of its
/// features.
pub(crate) const SERDE_JSON_PRIVATE: &str = "$serde_json::private::";

/// Deserialises a struct from a JSON object only. Serde's derive would also accept an array of the
/// fields, in which values have no names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FromObject<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for FromObject<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData)).map(Self)
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Named {
        _name: String,
        _rest: Option<StrictJson>,
    }

    /// With its feature `arbitrary_precision`, `serde_json` gives a number in another shape. The
    /// next number must then not be judged by the text of this one.
    #[test]
    fn numbers_out_of_step_with_the_text_are_noticed() {
        let read = |text: &str, found: Json| {
            let numerals = Numerals::of(text);
            let read = Strict::within(&numerals).deserialize(found);
            read.is_ok() && numerals.end().is_ok()
        };
        assert!(read("[7e0, 1000]", serde_json::json!([7.0, 1000])));
        assert!(read(
            r#"{"a": "7", "b": 5.0000000000000000001}"#,
            serde_json::json!({"a": "7", "b": 5.0})
        ));
        assert!(!read("[7e0, 1000]", serde_json::json!([{"number": "7e0"}, 1000])));
        assert!(!read("[7e0]", serde_json::json!([null])));
        assert!(!read("[1000]", serde_json::json!([1000, 7])));
    }

    #[test]
    fn no_object_in_the_text_may_repeat_a_key() {
        #[derive(Debug, serde::Deserialize)]
        struct Lenient {
            _args: Option<std::collections::BTreeMap<String, i64>>,
        }
        #[derive(Debug, serde::Deserialize)]
        struct Flat {
            #[serde(flatten)]
            _rest: std::collections::BTreeMap<String, Json>,
        }
        for text in [
            r#"{"_args": {"x": 1, "x": 2}}"#,
            r#"{"unknown": 1, "unknown": 2}"#,
            r#"{"unknown": [{"x": 1, "\u0078": 2}]}"#,
        ] {
            let refused = |read: Result<(), JsonError>| {
                read.is_err_and(|e| e.message().starts_with("duplicate key"))
            };
            assert!(refused(read_object::<Lenient>(text).map(drop)), "{text}");
            assert!(refused(read_object::<Flat>(text).map(drop)), "{text}");
            assert!(refused(read_object::<Map<String, Json>>(text).map(drop)), "{text}");
        }
        assert!(read_object::<Lenient>(r#"{"_args": {"x": 1}, "more": 2}"#).is_ok());
    }

    #[test]
    fn names_that_serde_json_reserves_are_refused() {
        for text in [
            r#"{"a": {"$serde_json::private::Number": "5"}}"#,
            r#"[{"$serde_json::private::RawValue": "{}"}]"#,
        ] {
            assert!(read(text).is_err(), "{text}");
            assert!(serde_json::from_str::<StrictJson>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_struct_is_read_only_from_an_object() {
        let read = |json| serde_json::from_str::<FromObject<Named>>(json).map(|_| ());
        let why = |json| read(json).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(serde_json::from_str::<Named>(r#"["a", null]"#).is_ok(), "serde reads lists");
        assert!(read(r#"{"_name": "a", "_rest": {"b": 1}}"#).is_ok());
        assert_eq!(
            why(r#"["a", null]"#),
            "invalid type: sequence, expected a JSON object at line 1 column 0"
        );
        assert!(why(r#"{"_name": "a", "_name": "a"}"#).starts_with("duplicate field `_name`"));
        assert!(why(r#"{"_name": "a", "more": 1}"#).starts_with("unknown field `more`"));
        assert!(why(r#"{"_name": "a", "_rest": {"b": 1, "b": 2}}"#).contains("duplicate key `b`"));
    }
}
