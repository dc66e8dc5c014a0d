//! Changes to lines: some keep a line valid, others are what hostile senders try.

use deputize::bind::McpCall;

use crate::corpus::MESSAGES;

/// Numbers from a seed (Splitmix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from(z >> 33).unwrap() % n
    }

    fn pick<T: Copy>(&mut self, pool: &[T]) -> T {
        pool[self.below(pool.len())]
    }
}

/// Pieces that other readers skip, repair, or take for the end of a line.
const PIECES: [&[u8]; 24] = [
    b"\r",
    b"\r\r",
    b"\xef\xbb\xbf",
    "\u{2028}".as_bytes(),
    "\u{85}".as_bytes(),
    b"\0",
    b"\x0b",
    b"\x1e",
    b"\xff",
    b"\xc3",
    b"\\ud800",
    b"\\udc00",
    b"\\u000d",
    b"\\r",
    b"NaN",
    b"1e999",
    b"-0",
    b"9007199254740993",
    b"null",
    b"{}",
    b"\"",
    b"\\",
    b"//",
    b"\r{\"jsonrpc\":\"2.0\",\"id\":71,\"method\":\"tools/call\"}\r",
];

/// Members, to be written after a brace or a comma.
const MEMBERS: [&str; 16] = [
    r#""method":"tools/call","#,
    r#""Method":"tools/call","#,
    r#""m\u0065thod":"tools\/call","#,
    r#""method":null,"#,
    r#""id":71,"#,
    r#""id":"7","#,
    r#""result":{},"#,
    r#""error":{"code":1,"message":"x"},"#,
    r#""params":{"name":"t"},"#,
    r#""jsonrpc":"2.0","#,
    r#""_meta":{"deputize/denial":{},"x":1},"#,
    r#""x":{"method":"tools/call","id":1},"#,
    r#""__proto__":{"method":"tools/call"},"#,
    r#""toString":1,"#,
    r#""n":1e21,"#,
    r#""n":5.0,"#,
];

/// Values of an id.
const IDS: [&str; 14] = [
    "1.0",
    "1e0",
    "-0",
    "null",
    "{}",
    "[1]",
    "9007199254740993",
    "9007199254740991",
    "-7",
    "\"7\"",
    "\"\"",
    "\"\\u0061\"",
    "\"7\\r\"",
    "18446744073709551616",
];

/// A message with up to three changes. It has no LF.
pub(crate) fn line(random: &mut Random) -> Vec<u8> {
    let mut line = random.pick(MESSAGES).as_bytes().to_vec();
    for _ in 0..random.below(4) {
        change(&mut line, random);
    }
    line.retain(|byte| *byte != b'\n');
    line
}

fn change(line: &mut Vec<u8>, random: &mut Random) {
    let anywhere = random.below(line.len() + 1);
    match random.below(13) {
        0 => insert(line, anywhere, random.pick(&PIECES)),
        1 => {
            let at = after(line, b"{,:[", random);
            insert(line, at, random.pick(&PIECES));
        }
        2 | 3 => {
            let at = after(line, b"{,", random);
            insert(line, at, random.pick(&MEMBERS).as_bytes());
        }
        4 | 5 => {
            let at = after(line, b"{,:[}", random);
            insert(line, at, random.pick(&[&b" "[..], b"\t", b"  \t "]));
        }
        6 => replace(line, b"\"id\":", random.pick(&IDS).as_bytes()),
        7 => {
            let methods = McpCall::ALL.map(McpCall::method);
            let others = ["ping", "initialize", "notifications/cancelled", "Tools/Call", "x"];
            let method =
                if random.below(2) == 0 { random.pick(&methods) } else { random.pick(&others) };
            replace(line, b"\"method\":", format!("\"{method}\"").as_bytes());
        }
        // A letter by its escape, which is valid in a string only.
        8 if anywhere < line.len() && line[anywhere].is_ascii_alphanumeric() => {
            let escape = format!("\\u{:04x}", line[anywhere]);
            line.splice(anywhere..=anywhere, escape.into_bytes());
        }
        9 if anywhere < line.len() => {
            line[anywhere] = match random.below(2) {
                0 => line[anywhere] ^ 0x20,
                _ => u8::try_from(random.below(256)).unwrap(),
            };
        }
        10 => {
            let end = (anywhere + 1 + random.below(12)).min(line.len());
            line.drain(anywhere..end);
        }
        11 => {
            let other = random.pick(MESSAGES).as_bytes();
            match random.below(3) {
                0 => insert(line, anywhere, other),
                1 => line.extend_from_slice(other),
                _ => {
                    line.truncate(anywhere);
                    line.extend(&other[anywhere.min(other.len())..]);
                }
            }
        }
        12 if random.below(2) == 0 => *line = [b"[", &line[..], b"]"].concat(),
        _ => line.push(b'\r'),
    }
}

fn insert(line: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    line.splice(at..at, bytes.iter().copied());
}

/// A place after one of these bytes.
fn after(line: &[u8], bytes: &[u8], random: &mut Random) -> usize {
    let places: Vec<_> = (1..=line.len()).filter(|at| bytes.contains(&line[at - 1])).collect();
    if places.is_empty() { 0 } else { random.pick(&places) }
}

/// Replaces the value of the first member that begins so, up to a comma or a brace.
fn replace(line: &mut Vec<u8>, member: &[u8], value: &[u8]) {
    let Some(at) = line.windows(member.len()).position(|own| own == member) else { return };
    let start = at + member.len();
    let rest = line[start..].iter().position(|byte| b",}".contains(byte));
    let end = rest.map_or(line.len(), |length| start + length);
    line.splice(start..end, value.iter().copied());
}
