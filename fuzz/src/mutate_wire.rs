//! Mutates a protobuf message: longer varints, and fields repeated, removed, out of order, unknown
//! or with another value. The enclosing lengths are corrected.

use crate::source::Source;

/// The number of a field and its content.
type Field = (u64, Node);

#[derive(Clone)]
enum Node {
    Number(u64),
    Bytes(Vec<u8>),
    Message(Vec<Field>),
}

/// Makes one or two changes, at places drawn from the source.
pub(crate) fn once_or_twice(source: &mut Source<'_>, bytes: &[u8]) -> Vec<u8> {
    let Some(mut fields) = read(bytes, 8) else { return bytes.to_vec() };
    let mut long = Vec::new();
    for _ in 0..=source.below(2) {
        let mut place = source.below(count(&fields));
        match change(source, &mut fields, &mut place) {
            true => {}
            false => long.push((source.below(2 * count(&fields)), source.below(2) + 1)),
        }
    }
    let mut out = Vec::new();
    write(&fields, &long, &mut 0, &mut out);
    out
}

/// Parses a message; `None` if the bytes are not one.
fn read(mut bytes: &[u8], depth: usize) -> Option<Vec<Field>> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        let node = match key & 7 {
            0 => Node::Number(varint(&mut bytes)?),
            2 => {
                let length = usize::try_from(varint(&mut bytes)?).ok()?;
                let (inner, rest) = bytes.split_at_checked(length)?;
                bytes = rest;
                let message =
                    if depth == 0 || inner.is_empty() { None } else { read(inner, depth - 1) };
                message.map_or_else(|| Node::Bytes(inner.to_vec()), Node::Message)
            }
            _ => return None,
        };
        fields.push((key >> 3, node));
    }
    Some(fields)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let length = bytes.iter().position(|byte| byte & 0x80 == 0)? + 1;
    let (own, rest) = bytes.split_at_checked(length).filter(|_| length < 10)?;
    *bytes = rest;
    Some(own.iter().rev().fold(0, |value, byte| value << 7 | u64::from(byte & 0x7f)))
}

/// The number of fields, inner ones included.
fn count(fields: &[Field]) -> usize {
    let inner = fields.iter().map(|(_, node)| match node {
        Node::Message(fields) => count(fields),
        _ => 1,
    });
    1 + inner.sum::<usize>()
}

/// Changes the field at this place; `false` if it is to be written longer instead.
fn change(source: &mut Source<'_>, fields: &mut Vec<Field>, place: &mut usize) -> bool {
    for at in 0..fields.len() {
        if let Node::Message(inner) = &mut fields[at].1 {
            if *place < count(inner) {
                return change(source, inner, place);
            }
            *place -= count(inner);
        } else if *place == 0 {
            return change_one(source, fields, at);
        } else {
            *place -= 1;
        }
    }
    let at = source.below(fields.len() + 1);
    if at < fields.len() { change_one(source, fields, at) } else { add(source, fields, at) }
}

fn change_one(source: &mut Source<'_>, fields: &mut Vec<Field>, at: usize) -> bool {
    match source.below(8) {
        0 => fields.insert(at, fields[at].clone()),
        1 => drop(fields.remove(at)),
        2 => {
            let other = source.below(fields.len());
            fields.swap(at, other);
        }
        3 => fields[at].0 = source.below(17) as u64,
        4 => return add(source, fields, at),
        5 => match &mut fields[at].1 {
            Node::Number(number) => *number ^= u64::from(source.byte()),
            Node::Bytes(bytes) => bytes.push(source.byte()),
            Node::Message(inner) => inner.clear(),
        },
        _ => return false,
    }
    true
}

fn add(source: &mut Source<'_>, fields: &mut Vec<Field>, at: usize) -> bool {
    let node = match source.below(3) {
        0 => Node::Number(source.below(3) as u64),
        1 => Node::Bytes(Vec::new()),
        _ => Node::Bytes(vec![b'a' + source.byte() % 26]),
    };
    fields.insert(at, (1 + source.below(16) as u64, node));
    true
}

/// Writes the shortest varints, except at the places in `long`, which get this many redundant
/// bytes.
fn write(fields: &[Field], long: &[(usize, usize)], place: &mut usize, out: &mut Vec<u8>) {
    let number = |value: u64, out: &mut Vec<u8>, place: &mut usize| {
        let more = long.iter().filter(|(at, _)| at == place).map(|(_, more)| more).sum();
        *place += 1;
        push(value, more, out);
    };
    for (name, node) in fields {
        match node {
            Node::Number(value) => {
                number(name << 3, out, place);
                number(*value, out, place);
            }
            Node::Bytes(bytes) => {
                number(name << 3 | 2, out, place);
                number(bytes.len() as u64, out, place);
                out.extend_from_slice(bytes);
            }
            Node::Message(inner) => {
                number(name << 3 | 2, out, place);
                let (mut bytes, length) = (Vec::new(), *place);
                *place += 1;
                write(inner, long, place, &mut bytes);
                let more = long.iter().filter(|(at, _)| *at == length).map(|(_, more)| more).sum();
                push(bytes.len() as u64, more, out);
                out.extend_from_slice(&bytes);
            }
        }
    }
}

fn push(mut value: u64, more: usize, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
    for _ in 0..more {
        *out.last_mut().unwrap() |= 0x80;
        out.push(0);
    }
}
