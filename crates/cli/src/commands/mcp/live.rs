//! A presenter that is started as its client starts it, and asked who is at the other end.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use deputize::bind::MCP_GUARD;
use serde_json::Value;

use crate::limits::{LIVE_END, LIVE_PAUSE, LIVE_WAIT, MAX_LINE_BYTES};

/// The one message that is sent. It calls no tool, and needs no presentation.
const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"deputize","version":"1"}}}"#;

/// Starts a server and returns the audience that its guard announces, if one does.
///
/// # Errors
///
/// A sentence if it cannot be started or does not answer.
pub(super) fn announced(
    program: &str,
    args: &[String],
    env: &[(String, String)],
) -> Result<Option<String>, String> {
    let mut command = Command::new(program);
    command.args(args).envs(env.iter().map(|(name, value)| (name, value)));
    // What the server says of itself goes to the standard error of this program.
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(|why| format!("it does not start: {why}"))?;
    let answer = asked(&mut child);
    end(child);
    let answer = answer?;
    if let Some(error) = answer.get("error") {
        let why = error.get("message").and_then(Value::as_str).unwrap_or_default();
        return Err(format!("it refuses to be initialized: {}", deputize::text::Visible(why)));
    }
    let announced = answer
        .get("result")
        .and_then(|own| own.get("capabilities")?.get("experimental")?.get(MCP_GUARD));
    let audience = announced.and_then(|own| own.get("audience")?.as_str());
    Ok(audience.map(str::to_owned))
}

fn asked(child: &mut Child) -> Result<Value, String> {
    let (Some(to), Some(from)) = (child.stdin.as_mut(), child.stdout.take()) else {
        return Err("it does not start".to_owned());
    };
    let (tell, told) = mpsc::channel();
    // A server that says nothing must not hold up this thread.
    let reader = thread::Builder::new().spawn(move || tell.send(answer(from)));
    reader.map_err(|why| format!("it cannot be asked: {why}"))?;
    let sent = writeln!(to, "{INITIALIZE}").and_then(|()| to.flush());
    // A server that ended takes nothing; what it said before is still read.
    let ended = || "it ended without an answer".to_owned();
    match told.recv_timeout(LIVE_WAIT) {
        Ok(Some(answer)) => Ok(answer),
        Ok(None) => Err(ended()),
        Err(_) if sent.is_err() => Err(ended()),
        Err(_) => Err(format!("it did not answer within {} s", LIVE_WAIT.as_secs())),
    }
}

/// Returns the first line that answers, or `None` at the end.
fn answer(from: ChildStdout) -> Option<Value> {
    let mut from = BufReader::new(from);
    loop {
        let mut line = Vec::new();
        let limit = u64::try_from(MAX_LINE_BYTES).unwrap_or(u64::MAX);
        let length = from.by_ref().take(limit).read_until(b'\n', &mut line).ok()?;
        if length == 0 {
            return None;
        }
        match serde_json::from_slice::<Value>(&line) {
            Ok(value) if value.get("id") == Some(&Value::from(1)) => return Some(value),
            _ => {}
        }
    }
}

/// Ends a server: by the end of its input, and by force if it goes on.
fn end(mut child: Child) {
    drop(child.stdin.take());
    let deadline = Instant::now().checked_add(LIVE_END);
    while deadline.is_some_and(|deadline| Instant::now() < deadline) {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        thread::sleep(LIVE_PAUSE);
    }
    let _ = child.kill();
    let _ = child.wait();
}
