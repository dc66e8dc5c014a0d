//! The digest of a request is SHA-256 over the canonical JSON of a second writer, however the text
//! is spelled; and ambiguous text is refused.

use crate::json::{self, Json};
use deputize::limits::MAX_INTEGER;
use deputize::{Request, Value};
use sha2::{Digest, Sha256};

/// The first byte selects whether the rest is a whole request or its arguments.
pub fn check(data: &[u8]) {
    let Some((what, text)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    if what % 2 == 0 {
        let Some(json) = read_again(text, &from_args(text)) else { return };
        whole(&json, "crm.read", "a/b", "crm.acme.com", text, *what, from_args);
    } else {
        let Some(Json::Object(members)) = read_again(text, &Request::from_json(text).ok()) else {
            return;
        };
        let find = |name: &str| members.iter().find(|(own, _)| own == name).map(|(_, own)| own);
        let text_of = |name: &str| match find(name) {
            Some(Json::String(own)) => own.as_str(),
            other => panic!("{name} is {other:?}"),
        };
        assert!(members.iter().all(|(own, _)| FIELDS.contains(&own.as_str())), "{text}");
        // `null` means no arguments.
        let args = find("args").filter(|own| **own != Json::Null);
        let args = args.cloned().unwrap_or(Json::Object(Vec::new()));
        let [operation, resource, audience] = ["operation", "resource", "audience"].map(text_of);
        whole(&args, operation, resource, audience, text, *what, |text| {
            Request::from_json(text).ok()
        });
    }
}

const FIELDS: [&str; 4] = ["operation", "resource", "audience", "args"];

fn from_args(text: &str) -> Option<Request> {
    Request::new("crm.read", "a/b", "crm.acme.com").unwrap().with_args(text).ok()
}

/// The value that a second reader reads, if the request is accepted.
fn read_again(text: &str, request: &Option<Request>) -> Option<Json> {
    let json = json::read(text);
    let is_ambiguous = json.as_ref().is_none_or(Json::repeats);
    assert!(
        request.is_none() || !is_ambiguous,
        "accepted, but not JSON, or with a repeated member: {text}"
    );
    request.as_ref().and(json)
}

fn whole(
    args: &Json,
    operation: &str,
    resource: &str,
    audience: &str,
    text: &str,
    seed: u8,
    read: impl Fn(&str) -> Option<Request>,
) {
    let request = read(text).unwrap();
    require_carried_exactly(args);
    let string = |own: &str| Json::String(own.to_owned());
    let fields = [string(operation), string(resource), string(audience), args.clone()];
    let names = FIELDS.map(str::to_owned);
    let json = Json::Object(names.into_iter().zip(fields).collect());
    let canonical = json.canonical();
    let digest: [u8; 32] = Sha256::digest(&canonical).into();
    assert_eq!(request.digest(), digest, "{text}\n{canonical}");

    // The canonical form is the same request; only floats that are integers as doubles are written
    // there as integers, which may be too large.
    match Request::from_json(&canonical) {
        Ok(again) if args.rounds() => assert_eq!(again.digest(), digest, "{canonical}"),
        Ok(again) => assert_eq!(again, request, "{text}\n{canonical}"),
        Err(error) => assert!(args.rounds(), "{canonical}: {error}"),
    }
    require_values(&request, args);

    // Another spelling of the same request.
    let mut spelled = String::new();
    let is_whole = seed % 2 == 1;
    spell(if is_whole { &json } else { args }, &mut Noise(u32::from(seed) + 1), &mut spelled);
    let other = read(&spelled).unwrap_or_else(|| panic!("{text} is accepted, {spelled} is not"));
    assert_eq!(other, request, "{text}\n{spelled}");
}

/// Checks that integers and members of lists of objects have their written values.
fn require_values(request: &Request, args: &Json) {
    let Json::Object(members) = args else { return };
    for (name, value) in members {
        let step = |name: &str| match name {
            "*" => "/~2".to_owned(),
            name => format!("/{}", name.replace('~', "~0").replace('/', "~1")),
        };
        match value {
            Json::Object(inner) if !inner.is_empty() => {}
            Json::List(items) if items.iter().all(is_object) && !items.is_empty() => {
                for (key, _) in items.iter().flat_map(members_of) {
                    let find = |item| {
                        members_of(item).iter().find(|(own, _)| own == key).map(|(_, own)| own)
                    };
                    let values: Option<Vec<_>> =
                        items.iter().map(|item| find(item).and_then(scalar)).collect();
                    let name = format!("{}/*{}", step(name), step(key));
                    assert_eq!(
                        request.arg(&name).ok().flatten(),
                        values.map(Value::List).as_ref(),
                        "{name}"
                    );
                }
            }
            Json::List(items) => {
                let values: Option<Vec<_>> = items.iter().map(scalar).collect();
                assert_eq!(
                    request.arg(name).ok().flatten(),
                    values.map(Value::List).as_ref(),
                    "{name}"
                );
            }
            value => assert_eq!(request.arg(name).ok().flatten(), scalar(value).as_ref(), "{name}"),
        }
    }
}

fn members_of(json: &Json) -> &[(String, Json)] {
    match json {
        Json::Object(members) => members,
        _ => &[],
    }
}

fn is_object(json: &Json) -> bool {
    !members_of(json).is_empty()
}

fn scalar(json: &Json) -> Option<Value> {
    match json {
        Json::Null => Some(Value::Null),
        Json::Bool(own) => Some(Value::Bool(*own)),
        Json::Number(text) => json::denoted(text).map(Value::Integer),
        Json::String(own) => Some(Value::String(own.clone())),
        Json::List(_) | Json::Object(_) => None,
    }
}

/// Checks that no integer is one that readers round.
fn require_carried_exactly(json: &Json) {
    match json {
        Json::Number(text) => {
            json::double(text).unwrap();
            if let Ok(whole) = text.parse::<i128>() {
                assert!(whole.unsigned_abs() <= u128::from(MAX_INTEGER.unsigned_abs()), "{text}");
            }
        }
        Json::List(items) => items.iter().for_each(require_carried_exactly),
        Json::Object(members) => members.iter().for_each(|(_, own)| require_carried_exactly(own)),
        _ => {}
    }
}

/// A stream of pseudo-random numbers.
struct Noise(u32);

impl Noise {
    fn below(&mut self, n: u32) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 16) % n
    }
}

/// Writes the same JSON with other blanks, escapes and orders.
fn spell(json: &Json, noise: &mut Noise, out: &mut String) {
    blanks(noise, out);
    match json {
        Json::Null => out.push_str("null"),
        Json::Bool(own) => out.push_str(if *own { "true" } else { "false" }),
        Json::Number(own) => out.push_str(own),
        Json::String(own) => spell_string(own, noise, out),
        Json::List(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { "," });
                spell(item, noise, out);
            }
            blanks(noise, out);
            out.push(']');
        }
        Json::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            for at in 0..members.len() {
                let other = noise.below(members.len() as u32) as usize;
                members.swap(at, other);
            }
            out.push('{');
            for (at, (name, value)) in members.into_iter().enumerate() {
                out.push_str(if at == 0 { "" } else { "," });
                blanks(noise, out);
                spell_string(name, noise, out);
                blanks(noise, out);
                out.push(':');
                spell(value, noise, out);
            }
            blanks(noise, out);
            out.push('}');
        }
    }
    blanks(noise, out);
}

fn blanks(noise: &mut Noise, out: &mut String) {
    if noise.below(4) == 0 {
        out.push([' ', '\t', '\n', '\r'][noise.below(4) as usize]);
    }
}

fn spell_string(text: &str, noise: &mut Noise, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        let must = c < ' ' || c == '"' || c == '\\';
        if must || noise.below(5) == 0 {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                let upper = noise.below(2) == 0;
                out.push_str(&if upper {
                    format!("\\u{unit:04X}")
                } else {
                    format!("\\u{unit:04x}")
                });
            }
        } else {
            out.push(c);
        }
    }
    out.push('"');
}
