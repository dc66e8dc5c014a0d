use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::task::{Context, Poll, Waker};

use serde_json::json;

use super::{Asking, Router};
use crate::http::outbox::Outbox;
use crate::id::Id;

fn asking(id: i64, number: u64, is_made: bool) -> Arc<Asking> {
    let id = Id::read(&id.to_string(), &json!(id)).unwrap();
    let (is_made, outbox) = (AtomicBool::new(is_made), Outbox::default());
    let progress = Some(json!("p"));
    let (begins, is_call) = (false, true);
    Arc::new(Asking { id, number, begins, is_call, is_made, progress, outbox })
}

fn next(own: &Asking) -> Option<String> {
    match own.outbox.poll_next(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Some((_, held))) => Some(String::from_utf8(held.as_ref().to_vec()).unwrap()),
        _ => None,
    }
}

#[test]
fn an_id_is_free_when_the_server_has_answered_or_the_call_is_cancelled() {
    let router = Router::new();
    let (first, second) = (asking(7, 1, true), asking(7, 2, false));
    assert!(router.begin(&first));
    router.leave(&first);
    assert!(!router.begin(&second));
    assert_eq!(router.cancel(&first.id), Some(1));
    assert!(router.begin(&second));
    assert_eq!(router.route(br#"{"jsonrpc":"2.0","id":1,"result":{"secret":1}}"#), None);
    assert_eq!(next(&second), None);
    assert_eq!(router.route(br#"{"jsonrpc":"2.0","id":2,"result":{}}"#), None);
    assert_eq!(next(&second).unwrap(), "{\"id\":7,\"jsonrpc\":\"2.0\",\"result\":{}}\n");
    assert!(router.begin(&asking(7, 3, false)));
}

#[test]
fn only_a_call_that_is_made_is_told_and_asked() {
    let router = Router::new();
    let (call, other) = (asking(1, 1, true), asking(2, 2, false));
    let ask = br#"{"jsonrpc":"2.0","id":5,"method":"elicitation/create"}"#;
    let progress =
        br#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"p"}}"#;
    let log = br#"{"jsonrpc":"2.0","method":"notifications/message","params":{}}"#;
    assert!(router.begin(&other));
    assert!(router.route(ask).unwrap().contains("-32603"));
    assert!(router.begin(&call));
    for line in [&ask[..], progress, log] {
        assert_eq!(router.route(line), None);
        assert!(next(&call).is_some() && next(&other).is_none());
    }
    // With its call, the question ends.
    router.leave(&call);
    assert_eq!(router.take_unanswered().len(), 1);
    assert!(router.take_unanswered().is_empty());
    assert!(router.route(ask).unwrap().contains("-32603"));
}

#[test]
fn an_answer_is_for_the_id_that_the_stream_showed() {
    let router = Router::new();
    let call = asking(1, 1, true);
    assert!(router.begin(&call));
    router.route(br#"{"jsonrpc":"2.0","id":5,"method":"elicitation/create"}"#);
    let shown: serde_json::Value = serde_json::from_str(&next(&call).unwrap()).unwrap();
    let shown = Id::read(&shown["id"].to_string(), &shown["id"]).unwrap();
    let own = Id::read("5", &json!(5)).unwrap();
    assert_eq!(router.answered(&own), None);
    // The server takes it back under the same id.
    router
        .route(br#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":5}}"#);
    assert!(next(&call).unwrap().contains(shown.raw()));
    assert_eq!(router.answered(&shown), None);
    router.route(br#"{"jsonrpc":"2.0","id":5,"method":"elicitation/create"}"#);
    let again: serde_json::Value = serde_json::from_str(&next(&call).unwrap()).unwrap();
    let again = Id::read(&again["id"].to_string(), &again["id"]).unwrap();
    assert_ne!(again, shown);
    assert_eq!(router.answered(&again), Some(own));
    assert_eq!(router.answered(&again), None);
}
