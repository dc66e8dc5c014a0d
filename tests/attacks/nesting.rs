//! The attacker nests values as deep as a text allows. They are refused before the stack overflows.

use crate::common::{alice, planner, request};
use deputize::limits::{HARD_MAX_TOKEN_BYTES, MAX_ARGUMENT_DEPTH};
use deputize::testing::RawToken;
use deputize::{
    ArgumentError, Capability, DenyCode, Request, RequestError, Signer, Token, TokenError,
};
use serde_json::{Map, Value};

const DEEP: usize = 1_000_000;

#[test]
fn json_that_nests_deep_is_refused() {
    let lists = "[".repeat(DEEP);
    let objects = r#"{"a":"#.repeat(DEEP);
    for text in [&lists, &objects] {
        let args = format!(r#"{{"x":{text}"#);
        assert!(matches!(request().with_args(&args), Err(RequestError::Json(_))));
        let call = format!(r#"{{"operation":"a","resource":"b","audience":"c","args":{args}"#);
        assert!(matches!(Request::from_json(&call), Err(RequestError::Json(_))));
        let limits = format!(r#"{{"operation":"a","resource":"b","args":{{"x":{{"equals":{text}"#);
        assert!(serde_json::from_str::<Capability>(&limits).is_err());
    }
}

/// Arguments that another reader parsed are walked through only down to the depth limit.
#[test]
fn arguments_that_were_parsed_elsewhere_are_refused_too() {
    let nested = |depth: usize, wrap: fn(Value) -> Value| {
        let value = (1..depth).fold(Value::from(1), |inner, _| wrap(inner));
        request().with_arg_map(Map::from_iter([("x".to_owned(), value)])).map(|_| ())
    };
    let list = |inner| Value::Array(vec![inner]);
    let object = |inner| Value::Object(Map::from_iter([("a".to_owned(), inner)]));
    let refused = Err(RequestError::Argument(ArgumentError::TooDeep));
    let wraps: [fn(Value) -> Value; 2] = [list, object];
    for wrap in wraps {
        assert_eq!(nested(MAX_ARGUMENT_DEPTH, wrap), Ok(()));
        assert_eq!(nested(MAX_ARGUMENT_DEPTH.saturating_add(1), wrap), refused);
        assert_eq!(nested(1_000, wrap), refused);
    }
}

/// A protobuf message in a field.
fn field(number: u8, mut content: Vec<u8>) -> Vec<u8> {
    let mut bytes = vec![number << 3 | 2];
    let mut length = content.len();
    while length > 0x7f {
        bytes.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
        length >>= 7;
    }
    bytes.push(u8::try_from(length).unwrap());
    bytes.append(&mut content);
    bytes
}

/// A block with one fact `read(…)`, whose term holds arrays within arrays.
fn arrays(depth: usize) -> Vec<u8> {
    let null = field(8, Vec::new());
    let term = (0..depth).fold(null, |inner, _| field(9, field(1, inner)));
    // Symbol 0, which is in Biscuit's default table.
    let predicate = [vec![0x08, 0x00], field(2, term)].concat();
    [vec![0x18, 0x06], field(4, field(1, predicate))].concat()
}

/// A block with one check, whose expression holds closures within closures.
fn closures(depth: usize) -> Vec<u8> {
    let negate = field(2, vec![0x08, 0x00]);
    let op = (0..depth).fold(negate, |inner, _| field(4, field(2, inner)));
    let head = field(1, vec![0x08, 27]);
    let query = [head, field(3, field(1, op))].concat();
    [vec![0x18, 0x06], field(6, field(1, query))].concat()
}

#[test]
fn datalog_that_nests_deep_is_refused() {
    let next = planner().public_key().to_bytes();
    for content in [arrays(6_000), closures(6_000)] {
        let empty = RawToken { blocks: Vec::new(), ..crate::common::held() };
        let raw = empty.block(&alice(), content, &next);
        let text = raw.to_text();
        assert!(text.len() <= HARD_MAX_TOKEN_BYTES, "{} are too many", text.len());
        assert_eq!(Token::parse(&text), Err(TokenError::AnotherBiscuit));
        // Signed with the right key, and presented by its holder.
        let closed = crate::common::present(raw, &planner());
        let verifier = crate::common::verifier().with_max_token_bytes(HARD_MAX_TOKEN_BYTES);
        let decision =
            verifier.decide(crate::common::shown(&closed), request(), crate::common::now());
        let codes = crate::common::codes(&crate::common::denied(decision));
        assert_eq!(codes, [(Some(0), DenyCode::NotCanonical)]);
    }
}
