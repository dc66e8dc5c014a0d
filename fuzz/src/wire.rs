//! A second reader of the container, written from Biscuit's schema: it parses any protobuf, and
//! then requires the canonical spelling.

/// One field of a message.
enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// One block, as encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) content: Vec<u8>,
    pub(crate) algorithm: u64,
    pub(crate) next_key: Vec<u8>,
    pub(crate) signature: Vec<u8>,
    pub(crate) external: Option<Vec<u8>>,
    pub(crate) version: u64,
}

/// The blocks, and the proof with its field number and bytes.
#[derive(Debug)]
pub(crate) struct Container {
    pub(crate) blocks: Vec<Block>,
    pub(crate) proof: (u64, Vec<u8>),
}

/// Parses a container; `None` if its spelling is not canonical.
pub(crate) fn container(bytes: &[u8]) -> Option<Container> {
    let mut fields = message(bytes)?.into_iter().peekable();
    if let Some((1, hint)) = fields.peek() {
        u32::try_from(number(hint)?).ok()?;
        fields.next();
    }
    let mut blocks = Vec::new();
    let mut proof = None;
    for (place, (name, field)) in fields.enumerate() {
        let inner = bytes_of(&field)?;
        match (name, place) {
            (2, 0) | (3, 1..) if proof.is_none() => blocks.push(block(inner)?),
            (4, 1..) if proof.is_none() => match message(inner)?.as_slice() {
                [(name @ (1 | 2), field)] => proof = Some((*name, bytes_of(field)?.to_vec())),
                _ => return None,
            },
            _ => return None,
        }
    }
    Some(Container { blocks, proof: proof? })
}

fn block(bytes: &[u8]) -> Option<Block> {
    let fields = message(bytes)?;
    let names: Vec<_> = fields.iter().map(|(name, _)| *name).collect();
    if !matches!(names.as_slice(), [1, 2, 3] | [1, 2, 3, 4] | [1, 2, 3, 5] | [1, 2, 3, 4, 5]) {
        return None;
    }
    let find = |name| fields.iter().find(|(own, _)| *own == name).map(|(_, field)| field);
    let key = message(bytes_of(find(2)?)?)?;
    let [(1, algorithm), (2, next_key)] = key.as_slice() else { return None };
    let external = match find(4) {
        Some(field) => Some(bytes_of(field)?.to_vec()),
        None => None,
    };
    let version = match find(5) {
        Some(field) => Some(number(field)?).filter(|version| *version > 0)?,
        None => 0,
    };
    Some(Block {
        content: bytes_of(find(1)?)?.to_vec(),
        algorithm: number(algorithm)?,
        next_key: bytes_of(next_key)?.to_vec(),
        signature: bytes_of(find(3)?)?.to_vec(),
        external,
        version,
    })
}

fn number(field: &Field<'_>) -> Option<u64> {
    if let Field::Number(n) = field { Some(*n) } else { None }
}

fn bytes_of<'a>(field: &Field<'a>) -> Option<&'a [u8]> {
    if let Field::Bytes(bytes) = field { Some(bytes) } else { None }
}

/// The fields of a message whose varints are all minimal.
fn message(mut bytes: &[u8]) -> Option<Vec<(u64, Field<'_>)>> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        let field = match key & 7 {
            0 => Field::Number(varint(&mut bytes)?),
            2 => {
                let length = usize::try_from(varint(&mut bytes)?).ok()?;
                let (inner, rest) = bytes.split_at_checked(length)?;
                bytes = rest;
                Field::Bytes(inner)
            }
            _ => return None,
        };
        fields.push((key >> 3, field));
    }
    Some(fields)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let length = bytes.iter().position(|byte| byte & 0x80 == 0)? + 1;
    let (own, rest) = bytes.split_at(length);
    *bytes = rest;
    let value = own.iter().rev().try_fold(0_u128, |value, byte| {
        value.checked_shl(7).map(|value| value | u128::from(byte & 0x7f)).filter(|_| length <= 10)
    })?;
    let is_shortest = length == 1 || own[length - 1] != 0;
    u64::try_from(value).ok().filter(|_| is_shortest)
}
