//! Holders, and others who learned the id of a session or a presentation.

use serde_json::json;

use crate::cast::Here;

/// The id of a session is no authority, and of no use to another holder.
#[test]
fn a_session_belongs_to_the_holder_of_its_first_call() {
    let here = Here::new();
    let client = here.begin();
    // A call that is refused binds nothing.
    assert_eq!(
        client.post(&client.message(&here.other, "secret", json!({}))).code(),
        "not_granted"
    );
    assert_eq!(client.call("read", json!({ "path": 1 })).status, 200);
    let thief = here.client(client.session.clone());
    let stolen = here.client(client.session.clone());
    let answer = thief.post(&stolen.message(&here.other, "read", json!({ "path": 2 })));
    assert_eq!((answer.status, answer.code().as_str()), (200, "not_granted"));
    assert!(answer.body.contains("another holder"), "{}", answer.body);
    assert_eq!(client.call("read", json!({ "path": 3 })).json()["result"]["args"]["path"], 3);
    assert_eq!(here.got().matches("tools/call").count(), 2);
    // In a session of its own, the other holder calls as before.
    let own = here.begin();
    let answer = own.post(&own.message(&here.other, "read", json!({ "path": 4 })));
    assert_eq!(answer.json()["result"]["args"]["path"], 4);
}

/// All sessions have one replay guard.
#[test]
fn a_presentation_is_used_once_over_all_sessions() {
    let here = Here::new();
    let (first, second) = (here.begin(), here.begin());
    let message = first.message(&here.planner, "read", json!({ "path": 1 }));
    assert_eq!(first.post(&message).json()["result"]["name"], "read");
    assert_eq!(first.post(&message).code(), "not_fresh");
    assert_eq!(second.post(&message).code(), "not_fresh");
    let parallel = second.message(&here.planner, "read", json!({ "path": 2 }));
    let passed = std::thread::scope(|scope| {
        let clients = [&first, &second, &first, &second];
        let posts: Vec<_> = clients.map(|own| scope.spawn(|| own.post(&parallel))).into();
        let answers = posts.into_iter().map(|own| own.join().unwrap());
        answers.filter(|own| own.status == 200 && own.body.contains("\"name\"")).count()
    });
    assert_eq!(passed, 1);
    assert_eq!(here.got().matches("tools/call").count(), 2);
}

/// A call that is refused in the end binds nobody, such as one that was made already.
#[test]
fn a_presentation_that_was_used_binds_no_session() {
    let here = Here::new();
    let (own, client) = (here.begin(), here.begin());
    let used = own.message(&here.other, "read", json!({}));
    assert_eq!(own.post(&used).json()["result"]["name"], "read");
    assert_eq!(client.post(&used).code(), "not_fresh");
    assert_eq!(client.call("read", json!({})).json()["result"]["name"], "read");
}
