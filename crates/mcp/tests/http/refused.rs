//! Messages that are not served, and fields that another reader would read in another way.

use serde_json::{Value, json};

use crate::cast::{Here, initialize};

const PING: &str = r#"{"jsonrpc":"2.0","id":7,"method":"ping"}"#;

#[test]
fn every_message_that_is_not_served_says_why() {
    let here = Here::new();
    let client = here.begin();
    let none = here.client(None);
    let unknown = here.client(Some("0".repeat(64)));
    let discover = json!({
        "jsonrpc": "2.0", "id": 7, "method": "server/discover",
        "params": { "_meta": { "io.modelcontextprotocol/protocolVersion": "2026-07-28" } },
    });
    let cases = [
        (client.post_with(&[("origin", "http://localhost")], PING), 403, "mcp_http_origin"),
        (client.post_with(&[("origin", "null")], PING), 403, "mcp_http_origin"),
        (client.post_with(&[("host", "evil.com")], PING), 421, "mcp_http_host"),
        (client.post_with(&[("host", "evil.com:80@localhost")], PING), 421, "mcp_http_host"),
        (
            client.post_with(&[("authorization", "Deputize En0K")], PING),
            400,
            "mcp_http_presentation",
        ),
        (
            client.post_with(&[("authorization", "Bearer a, Deputize En0K")], PING),
            400,
            "transport_not_one_credential",
        ),
        (client.post_with(&[("content-type", "text/plain")], PING), 415, "mcp_http_media_type"),
        (
            client.post_with(&[("content-type", "application/json; charset=latin1")], PING),
            415,
            "mcp_http_media_type",
        ),
        (client.post_with(&[("content-encoding", "gzip")], PING), 415, "mcp_http_coding"),
        (client.post_with(&[("accept", "application/json")], PING), 406, "mcp_http_not_acceptable"),
        (
            client.post_with(&[("accept", "application/json, text/event-stream;q=0")], PING),
            406,
            "mcp_http_not_acceptable",
        ),
        (
            client.post_with(&[("mcp-protocol-version", "2025-06-18")], PING),
            400,
            "mcp_http_version",
        ),
        (client.post_with(&[("mcp-method", "tools/list")], PING), 400, "mcp_http_differs"),
        (client.post(&initialize("2025-11-25")), 400, "mcp_http_second_initialize"),
        (client.post(&format!("{PING}\n{PING}")), 400, "mcp_http_lines"),
        (client.post(&PING.replace(',', ",\n")), 400, "mcp_http_lines"),
        (client.post(&PING.replace(',', ",\r")), 400, "mcp_carriage_return"),
        (client.post(&format!("[{PING}]")), 400, "mcp_not_an_object"),
        (client.post(""), 400, "mcp_not_json"),
        (none.post(PING), 400, "mcp_http_no_session"),
        (none.post(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#), 400, "mcp_http_no_session"),
        (none.post(&discover.to_string()), 400, "mcp_http_stateless"),
        (unknown.post(PING), 404, "mcp_http_unknown_session"),
    ];
    for (at, (answer, status, code)) in cases.iter().enumerate() {
        assert_eq!((answer.status, answer.code().as_str()), (*status, *code), "{at}: {answer:?}");
    }
    assert!(!here.got().contains("ping") && here.started() == 1);
    // Such a client falls back to the versions with sessions.
    let stateless = cases[21].0.json();
    assert_eq!((&stateless["id"], &stateless["error"]["code"]), (&json!(7), &json!(-32022)));
    assert_eq!(stateless["error"]["data"]["supported"][0], "2025-11-25");
    // What these differ in is served.
    let names = [("accept", "*/*"), ("authorization", "Bearer a"), ("mcp-method", "ping")];
    let served = client.post_with(&[names[0], names[1], names[2]], PING);
    assert_eq!(served.json()["result"], json!({}), "{served:?}");
    assert_eq!(client.post_with(&[("mcp-protocol-version", "2025-11-25")], PING).status, 200);
    assert_eq!(client.post_with(&[("host", "LOCALHOST:1")], PING).status, 200);
    assert_eq!(client.post_with(&[("host", "[::1]:1")], PING).status, 200);
}

#[test]
fn a_name_in_a_field_is_that_of_the_message() {
    let here = Here::new();
    let client = here.begin();
    let call = |name: &str| {
        let fields = [("mcp-method", "tools/call"), ("mcp-name", name)];
        client.post_with(&fields, &client.message(&here.planner, "read", json!({})))
    };
    for other in ["write", "READ", "=?base64?d3JpdGU=?=", "=?base64?!?=", ""] {
        assert_eq!(call(other).code(), "mcp_http_differs", "{other}");
    }
    assert!(!here.got().contains("tools/call"));
    for own in ["read", "=?base64?cmVhZA==?="] {
        assert_eq!(call(own).json()["result"]["name"], "read");
    }
}

#[test]
fn streams_and_other_methods_are_refused_in_the_same_way() {
    let here = Here::new();
    let client = here.begin();
    let get = |fields: &[(&str, &str)]| client.get_with(fields).status().as_u16();
    let accept = ("accept", "text/event-stream");
    assert_eq!(get(&[("accept", "application/json")]), 406);
    assert_eq!(get(&[accept, ("last-event-id", "1")]), 400);
    assert_eq!(get(&[accept, ("origin", "https://evil.com")]), 403);
    assert_eq!(get(&[accept, ("mcp-protocol-version", "2025-06-18")]), 400);
    // A session has one stream: a later one takes the place of one whose client was cut off.
    let mut first = client.stream();
    let _second = client.stream();
    assert_eq!(first.next(), None);

    let session = client.session.as_deref().unwrap();
    let raw = |head: &str| {
        let answer = here.raw(format!("{head}\r\nconnection: close\r\n\r\n").as_bytes());
        answer.split(' ').nth(1).unwrap_or_default().to_owned()
    };
    assert_eq!(raw("GET /mcp HTTP/1.1\r\nhost: localhost"), "406");
    assert_eq!(raw("GET / HTTP/1.1\r\nhost: localhost"), "404");
    assert_eq!(raw("GET /mcp?a HTTP/1.1\r\nhost: localhost"), "404");
    assert_eq!(raw("GET /mcp/ HTTP/1.1\r\nhost: localhost"), "404");
    assert_eq!(raw("GET http://localhost/mcp HTTP/1.1\r\nhost: localhost"), "404");
    assert_eq!(raw("OPTIONS /mcp HTTP/1.1\r\nhost: localhost"), "405");
    assert_eq!(raw("PUT /mcp HTTP/1.1\r\nhost: localhost"), "405");
    assert_eq!(raw("GET /mcp HTTP/1.1\r\nhost: localhost\r\nhost: localhost"), "400");
    assert_eq!(raw("DELETE /mcp HTTP/1.1\r\nhost: localhost"), "400");
    let two = format!(
        "DELETE /mcp HTTP/1.1\r\nhost: localhost\r\nmcp-session-id: {session}\r\nmcp-session-id: {session}"
    );
    assert_eq!(raw(&two), "400");
    assert_eq!(here.servers().len(), 1);
}

#[test]
fn hosts_are_those_of_the_settings_with_a_port_or_none() {
    let settings =
        deputize_mcp::http::DoorSettings::default().with_hosts(["mcp.acme.com".to_owned()]);
    let here = Here::with(settings);
    let client = here.begin();
    let status = |value| client.post_with(&[("host", value)], PING).status;
    for own in ["mcp.acme.com", "MCP.acme.com:80", "localhost:65535", "[::1]", "127.0.0.1:1"] {
        assert_eq!(status(own), 200, "{own}");
    }
    let others = [
        "mcp.acme.com.evil.com",
        "evil.com",
        "localhost?x",
        "localhost#x",
        "localhost:",
        "localhost:abc",
        "localhost:+1",
        "localhost:65536",
        "[::1]:99999",
        "[::1]x",
        "::1",
    ];
    for other in others {
        assert_eq!(status(other), 421, "{other}");
    }
}

/// What an answer repeats is short, and all of it is checked before a server is started.
#[test]
fn long_ids_and_long_bodies_begin_nothing() {
    let here = Here::new();
    let none = here.client(None);
    let long = "a".repeat(2_000);
    let text = |id: &str| initialize("2025-11-25").replace("\"id\":0", &format!("\"id\":\"{id}\""));
    let refused = none.post(&text(&long));
    assert_eq!((refused.status, refused.code().as_str()), (400, "mcp_http_long_id"));
    assert_eq!(refused.json()["id"], Value::Null);
    let malformed = none.post(&format!(r#"{{"jsonrpc":"2.0","id":"{long}","method":"x","y":1}}"#));
    assert_eq!((malformed.code().as_str(), malformed.body.len() < 500), ("mcp_http_long_id", true));
    let body = none.post(&text(&"a".repeat(100_000)));
    assert_eq!((body.status, body.code().as_str()), (413, "mcp_http_long_first"));
    let version = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"ping","params":{{"_meta":{{"io.modelcontextprotocol/protocolVersion":"{long}"}}}}}}"#
    );
    assert_eq!(none.post(&version).code(), "mcp_http_no_session");
    assert_eq!(here.started(), 0);
}

/// A field that repeats nothing of the message is one that another reader would believe.
#[test]
fn a_field_without_a_counterpart_differs() {
    let here = Here::new();
    let client = here.begin();
    for (name, value) in [("mcp-name", "read"), ("mcp-name", ""), ("mcp-param-path", "/srv")] {
        assert_eq!(client.post_with(&[(name, value)], PING).code(), "mcp_http_differs", "{name}");
    }
    let other = |version: Value| {
        let meta = json!({ "io.modelcontextprotocol/protocolVersion": version });
        let ping =
            json!({ "jsonrpc": "2.0", "id": 7, "method": "ping", "params": { "_meta": meta } });
        client.post(&ping.to_string())
    };
    assert_eq!(other("2026-07-28".into()).code(), "mcp_http_version");
    assert_eq!(other(1.into()).code(), "mcp_http_version");
    assert_eq!(other("2025-11-25".into()).status, 200);
}

/// Every reader then finds the same end of a message.
#[test]
fn a_connection_is_closed_after_a_body_in_chunks() {
    let here = Here::new();
    let client = here.begin();
    let session = client.session.as_deref().unwrap();
    let head = format!(
        "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         accept: */*\r\nmcp-session-id: {session}\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    let one = format!("{head}{:x}\r\n{PING}\r\n0\r\n\r\n", PING.len());
    let answer = here.raw(format!("{one}{one}").as_bytes());
    assert_eq!(answer.matches("HTTP/1.1 200").count(), 1, "{answer}");
}

/// Two presentations in one message are one too many, wherever they are.
#[test]
fn a_message_has_one_presentation() {
    let here = Here::new();
    let client = here.begin();
    let message = client.message(&here.planner, "read", json!({}));
    let json: Value = serde_json::from_str(&message).unwrap();
    let text = json["params"]["_meta"]["deputize/presentation"].as_str().unwrap();
    let field = format!("Deputize {text}");
    let both = client.post_with(&[("authorization", &field)], &message);
    assert_eq!((both.status, both.code().as_str()), (400, "mcp_http_presentation"));
    let twice = message
        .replace("\"_meta\":{", &format!("\"_meta\":{{\"deputize/presentation\":\"{text}\","));
    let twice = client.post(&twice);
    assert_eq!((twice.status, twice.code().as_str()), (400, "mcp_not_json"));
    assert!(!here.got().contains("tools/call"));
    // It was not used up.
    assert_eq!(client.post(&message).json()["result"]["name"], "read");
}
