//! Batches: each line gets the answer that it would get alone, in order, whatever the other lines
//! are and however the input arrives.

use std::io::{self, BufRead, BufReader, Cursor, ErrorKind, Read, Write, pipe};
use std::sync::mpsc;
use std::thread;
use std::time::Duration as Patience;

use crate::common::{
    anchor, held, now, present_for, request_for, researcher, shown, thief, verifier_without_guard,
};
use crate::shell::NOW;
use deputize::{Report, Verifier};
use deputize_cli::batch::{self, BatchError, Clock, Progress, Tally};
use deputize_cli::commands::schema::Document;
use deputize_cli::limits::MAX_LINE_BYTES;
use serde_json::{Value, json};
use time::Duration;

/// A verifier without a replay guard, because the tests repeat lines.
pub(crate) fn verifier() -> Verifier {
    verifier_without_guard(anchor())
}

/// The researcher's call as a line states it.
pub(crate) fn request_json(resource: &str) -> String {
    format!(
        r#"{{"operation":"crm.read","resource":"{resource}","audience":"crm.acme.com","args":{{"limit":5}}}}"#
    )
}

fn answers(input: impl Read + Send + 'static) -> (Vec<Value>, Tally) {
    let mut output = Vec::new();
    let tally =
        batch::verify(input, &mut output, &verifier(), fixed(), Progress::hidden()).unwrap();
    (parsed(&output), tally)
}

pub(crate) fn parsed(output: &[u8]) -> Vec<Value> {
    let text = str::from_utf8(output).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn line(presentation: &str, request: &str) -> String {
    format!(r#"{{"presentation":"{presentation}","request":{request}}}"#)
}

/// A line that is allowed.
fn good() -> String {
    let presented = present_for(held(), &researcher(), &request_for("accounts/emea/1"));
    line(&presented.to_text(), &request_json("accounts/emea/1"))
}

/// Returns a line of the `nth` kind, and the library's answer to it.
fn case(nth: u8) -> (String, Value) {
    let inside = format!("accounts/emea/{nth}");
    let outside = format!("accounts/apac/{nth}");
    let resource = if nth.is_multiple_of(3) { &outside } else { &inside };
    let requested = if nth.is_multiple_of(7) { &inside } else { resource };
    let holder = if nth.is_multiple_of(5) { thief() } else { researcher() };
    let presented = present_for(held(), &holder, &request_for(resource));
    match nth % 11 {
        0 => (line("AAAA", &request_json(requested)), error(&["malformed_token"])),
        1 => (line(&presented.to_text(), "{}"), error(&["malformed_request"])),
        2 => (format!("line {nth}"), error(&["malformed_line"])),
        _ => {
            let decision = verifier().decide(shown(&presented), request_for(requested), now());
            let report = Report::of(&decision);
            let word = if decision.is_allowed() { "allow" } else { "deny" };
            let answer = json!({"decision": word, "reasons": report.reasons, "report": report});
            (line(&presented.to_text(), &request_json(requested)), answer)
        }
    }
}

pub(crate) fn error(codes: &[&str]) -> Value {
    json!({"decision": "error", "codes": codes})
}

/// Returns the answer, with only the codes of an error.
pub(crate) fn codes_only(answer: &Value) -> Value {
    if answer["decision"] != "error" {
        return answer.clone();
    }
    let reasons = answer["reasons"].as_array().unwrap();
    assert!(reasons.iter().all(|own| !own["message"].as_str().unwrap().is_empty()));
    // A token or a request is refused by the library, which has a code for each fault.
    let of_library = |own: &&Value| own["code"] != "malformed_line";
    for own in reasons.iter().filter(of_library) {
        let detail = own["detail"].as_str().unwrap();
        assert!(deputize::ERROR_CODES.contains(&detail), "{detail}");
    }
    let codes: Vec<_> = reasons.iter().map(|own| own["code"].as_str().unwrap()).collect();
    error(&codes)
}

/// A reader that returns uneven amounts, and is interrupted at times.
struct Uneven {
    bytes: Cursor<Vec<u8>>,
    turn: usize,
}

impl Read for Uneven {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.turn += 1;
        if self.turn.is_multiple_of(5) {
            return Err(ErrorKind::Interrupted.into());
        }
        let most = [1, 70_000, 13, 300_000][self.turn % 4].min(buffer.len());
        self.bytes.read(&mut buffer[..most])
    }
}

#[test]
fn ten_thousand_lines_are_answered_as_if_each_stood_alone() {
    let cases: Vec<_> = (0..200).map(case).collect();
    let order = |i: usize| (i * 37 + i / 200) % cases.len();
    let mut text = String::new();
    for i in 0..10_000 {
        text.push_str(&cases[order(i)].0);
        text.push_str(if i % 4 == 0 { "\r\n" } else { "\n" });
    }
    let bytes = Cursor::new(text.into_bytes());
    let (found, tally) = answers(Uneven { bytes, turn: 0 });
    assert_eq!(found.len(), 10_000);
    for (i, answer) in found.iter().enumerate() {
        assert_eq!(codes_only(answer), cases[order(i)].1, "line {i}");
    }
    let count = |word| found.iter().filter(|own| own["decision"] == word).count();
    assert!(count("allow") > 2_000 && count("deny") > 2_000 && count("error") > 2_000);
    let counted =
        [tally.passed, tally.denied, tally.malformed].map(|n| usize::try_from(n).unwrap());
    assert_eq!(counted, [count("allow"), count("deny"), count("error")]);
    let schema = Document::Decision.schema().to_value();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    assert!(found.iter().take(200).all(|own| validator.is_valid(own)));
}

#[test]
fn every_line_is_answered_and_processing_continues() {
    let (token, request) = (
        present_for(held(), &researcher(), &request_for("accounts/emea/1")),
        request_json("accounts/emea/1"),
    );
    let token = token.to_text();
    let with = |more: &str| {
        let line = line(&token, &request);
        format!("{},{more}}}", line.strip_suffix('}').unwrap()).into_bytes()
    };
    let asking = |request: &str| line(&token, request).into_bytes();
    let args = |args: &str| asking(&request.replace(r#"{"limit":5}"#, args));
    let padded = |bytes: usize| {
        let mut line = good().into_bytes();
        line.resize(bytes, b' ');
        line
    };
    let mut biscuit = held();
    biscuit.blocks[0].content = vec![0x18, 6];
    let cases: [(Vec<u8>, &[&str]); 32] = [
        (b"null".to_vec(), &["malformed_line"]),
        (b"{".to_vec(), &["malformed_line"]),
        (b"{}".to_vec(), &["malformed_line"]),
        (b"\xff\xfe".to_vec(), &["malformed_line"]),
        (b"\0".to_vec(), &["malformed_line"]),
        (b"\xef\xbb\xbf{}".to_vec(), &["malformed_line"]),
        (format!(r#"["{token}",{request},null]"#).into_bytes(), &["malformed_line"]),
        (format!("{0}{0}", good()).into_bytes(), &["malformed_line"]),
        (good().replacen(':', ":\0", 1).into_bytes(), &["malformed_line"]),
        (format!(r#"{{"presentation":"{token}"}}"#).into_bytes(), &["malformed_line"]),
        (format!(r#"{{"presentation":7,"request":{request}}}"#).into_bytes(), &["malformed_line"]),
        (with(r#""more":1"#), &["malformed_line"]),
        (with(r#""presentation":"AAAA""#), &["malformed_line"]),
        (with(&format!(r#""request":{request}"#)), &["malformed_line"]),
        // The lines do not set the clock.
        (with(&format!(r#""at":"{NOW}""#)), &["malformed_line"]),
        (with(r#""at":1795456800"#), &["malformed_line"]),
        (line("", &request).into_bytes(), &["malformed_token"]),
        (line("AAAA", &request).into_bytes(), &["malformed_token"]),
        (line(&format!("{token}="), &request).into_bytes(), &["malformed_token"]),
        (line(&"A".repeat(70_000), &request).into_bytes(), &["malformed_token"]),
        // Another kind of Biscuit.
        (line(&biscuit.to_text(), &request).into_bytes(), &["malformed_token"]),
        (line("no token", "[]").into_bytes(), &["malformed_token", "malformed_request"]),
        (asking("null"), &["malformed_request"]),
        (
            asking(r#"["crm.read","accounts/emea/1","crm.acme.com",{"limit":5}]"#),
            &["malformed_request"],
        ),
        (asking(&request.replace("accounts/emea", "accounts/..")), &["malformed_request"]),
        (asking(&request.replace("\"args\"", "\"arguments\"")), &["malformed_request"]),
        (args(r#"{"limit":5,"limit":5}"#), &["malformed_request"]),
        (args(r#"{"limit":9007199254740992}"#), &["malformed_request"]),
        (args(r#"{"a":{"b":1,"b":1}}"#), &["malformed_request"]),
        (padded(MAX_LINE_BYTES + 1), &["malformed_line"]),
        (padded(3 * MAX_LINE_BYTES), &["malformed_line"]),
        (vec![b'x'; 2 * MAX_LINE_BYTES], &["malformed_line"]),
    ];
    let mut input = Vec::new();
    for (bytes, _) in &cases {
        input.extend_from_slice(bytes);
        input.push(b'\n');
        input.extend_from_slice(good().as_bytes());
        input.push(b'\n');
    }
    // The longest line that is read. The last line needs no line break.
    input.extend(padded(MAX_LINE_BYTES));
    input.push(b'\n');
    input.extend(good().as_bytes());
    let even = answers(Cursor::new(input.clone()));
    let uneven = answers(Uneven { bytes: Cursor::new(input), turn: 0 });
    for (found, tally) in [even, uneven] {
        assert_eq!(found.len(), 2 * cases.len() + 2);
        for ((bytes, codes), pair) in cases.iter().zip(found.chunks(2)) {
            let start = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned();
            assert_eq!(codes_only(&pair[0]), error(codes), "{start}: {}", pair[0]);
            assert_eq!(pair[1]["decision"], "allow", "after {start}");
        }
        let more = &found[2 * 11]["reasons"][0]["message"];
        assert!(more.as_str().unwrap().starts_with(
            "cannot read the line: unknown field `more`, expected one of `presentation`, \
             `request`, `at` at byte "
        ));
        assert!(found.iter().skip(2 * cases.len()).all(|own| own["decision"] == "allow"));
        assert_eq!(tally.exit_code(), 2);
    }
}

#[test]
fn empty_input_gets_no_answers() {
    let (found, tally) = answers(io::empty());
    assert_eq!((found.len(), tally), (0, Tally::default()));
    let blank = "\n \t\r\n\u{feff}\n\n  ";
    assert_eq!(answers(Cursor::new(blank)).1, Tally::default());
}

#[test]
fn a_line_without_text_is_skipped_and_a_mark_is_not_text() {
    let (good, other) = (good(), line("AAAA", "{}"));
    let text = format!("\u{feff}{good}\r\n\r\n\n\u{feff}{other}\n   \n{good}\n\n");
    for input in [text.clone(), text.trim_end().to_owned()] {
        let (found, tally) = answers(Cursor::new(input));
        let decisions: Vec<_> = found.iter().map(|own| own["decision"].as_str().unwrap()).collect();
        assert_eq!(decisions, ["allow", "error", "allow"]);
        assert_eq!(tally, Tally { passed: 2, denied: 0, malformed: 1 });
    }
    let wide: Vec<u8> = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (found, _) = answers(Cursor::new(wide));
    let message = found[0]["reasons"][0]["message"].as_str().unwrap();
    assert!(message.starts_with("the line is text in UTF-16 or UTF-32"), "{message}");
}

#[test]
fn a_line_may_state_its_time() {
    let later = |seconds| {
        let at = now() + Duration::seconds(seconds);
        let at = at.format(&time::format_description::well_known::Rfc3339).unwrap();
        format!("{},\"at\":\"{at}\"}}\n", good().strip_suffix('}').unwrap())
    };
    let lines = [0, 30, 31, -10_000_000_000].map(later).concat();
    let words = |lines: &str, clock| {
        let (input, mut output) = (Cursor::new(lines.to_owned()), Vec::new());
        batch::verify(input, &mut output, &verifier(), clock, Progress::hidden()).unwrap();
        let words = parsed(&output);
        words.iter().map(|own| own["decision"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(words(&lines, Clock::Lines), ["allow", "allow", "deny", "error"]);
    // Lines set the clock only with `Clock::Lines`.
    assert_eq!(words(&lines, fixed()), ["error"; 4]);
    assert_eq!(words(&format!("{}\n", good()), Clock::Lines), ["error"], "a line without `at`");
    assert_eq!(words(&format!("{}\n", good()), Clock::Fixed(now() + Duration::hours(1))), ["deny"]);
}

pub(crate) fn fixed() -> Clock {
    Clock::Fixed(now())
}

/// Runs `verify` in a thread, and sends its result.
fn in_background(
    input: impl Read + Send + 'static,
    output: impl Write + Send + 'static,
) -> mpsc::Receiver<Result<Tally, BatchError>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        sender.send(batch::verify(input, output, &verifier(), fixed(), Progress::hidden()))
    });
    receiver
}

/// Longer than anything here takes: a test that would wait for ever should fail instead.
const FOR_EVER: Patience = Patience::from_secs(120);

#[test]
fn a_line_that_comes_alone_is_answered_before_the_next() {
    let (input, mut lines) = pipe().unwrap();
    let (answers, output) = pipe().unwrap();
    let end = in_background(input, output);
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut answers = BufReader::new(answers).lines();
        answers.try_for_each(|line| sender.send(line.unwrap()))
    });
    for _ in 0..5 {
        // Half a line gets no answer.
        let line = good();
        let (first, second) = line.split_at(100);
        lines.write_all(first.as_bytes()).unwrap();
        lines.flush().unwrap();
        assert!(receiver.recv_timeout(Patience::from_millis(20)).is_err());
        lines.write_all(second.as_bytes()).unwrap();
        lines.write_all(b"\n").unwrap();
        let answer: Value =
            serde_json::from_str(&receiver.recv_timeout(FOR_EVER).unwrap()).unwrap();
        assert_eq!(answer["decision"], "allow");
    }
    drop(lines);
    assert_eq!(end.recv_timeout(FOR_EVER).unwrap().unwrap().passed, 5);
}

/// An input that fails at its end.
struct Broken(Cursor<Vec<u8>>);

impl Read for Broken {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(io::Error::other("the disk is gone")),
            count => Ok(count),
        }
    }
}

#[test]
fn lines_before_an_input_error_are_answered() {
    let lines = format!("{0}\n{0}\nx\n{{\"presentation", good());
    let mut output = Vec::new();
    let input = Broken(Cursor::new(lines.into_bytes()));
    let error = batch::verify(input, &mut output, &verifier(), fixed(), Progress::hidden());
    let error = error.unwrap_err();
    assert!(matches!(error, BatchError::Input(_)));
    assert_eq!(error.to_string(), "cannot read the rest of the input: the disk is gone");
    let words: Vec<_> = parsed(&output).iter().map(|own| own["decision"].clone()).collect();
    assert_eq!(words, ["allow", "allow", "error"]);
}

#[test]
fn a_closed_output_ends_the_batch_while_the_input_is_open() {
    let (input, mut lines) = pipe().unwrap();
    let (answers, output) = pipe().unwrap();
    drop(answers);
    let end = in_background(input, output);
    lines.write_all(format!("{}\n", good()).as_bytes()).unwrap();
    let error = end.recv_timeout(FOR_EVER).unwrap().unwrap_err();
    assert!(
        matches!(&error, BatchError::Output(e) if e.kind() == ErrorKind::BrokenPipe),
        "{error}"
    );
    drop(lines);
}
