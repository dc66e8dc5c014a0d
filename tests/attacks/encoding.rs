//! The attacker has a valid token and wants a second encoding of it in protobuf, which libraries
//! parse leniently: unknown, repeated and reordered fields, longer numbers, lengths that reach too
//! far.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use deputize::testing::RawToken;
use deputize::{DenyCode, FormatError, Presentation, Token, TokenError};

use crate::common::{held, not_authentic, now, presented, refused, request, verifier};

/// Checks that neither a token nor a presentation can be read from the changed bytes.
#[track_caller]
fn no_bytes(change: impl Fn(Vec<u8>) -> Vec<u8>) {
    let bytes = change(presented().to_bytes());
    let read = Presentation::from_bytes(bytes.clone());
    assert_eq!(read, Err(FormatError::NotABiscuit), "{}", hex::encode(bytes));
    let text = URL_SAFE_NO_PAD.encode(change(held().to_bytes()));
    assert_eq!(Token::parse(&text), Err(TokenError::Format(FormatError::NotABiscuit)), "{text}");
}

/// The fields of a message, each with its key and its length.
fn fields(bytes: &[u8]) -> Vec<Vec<u8>> {
    let (mut fields, mut rest) = (Vec::new(), bytes);
    while let Some(key) = rest.first() {
        let mut end = 1;
        let mut value = 0;
        for place in 0.. {
            value |= usize::from(rest[end] & 0x7f) << (7 * place);
            end += 1;
            if rest[end - 1] < 0x80 {
                break;
            }
        }
        if key & 7 == 2 {
            end += value;
        }
        let (field, after) = rest.split_at(end);
        fields.push(field.to_vec());
        rest = after;
    }
    fields
}

fn varint(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
        value >>= 7;
    }
    bytes.push(u8::try_from(value).unwrap());
    bytes
}

/// A length-delimited field.
fn delimited(number: u8, content: &[u8]) -> Vec<u8> {
    [&[number << 3 | 2][..], &varint(content.len()), content].concat()
}

/// The bytes after the key and the length.
fn content(field: &[u8]) -> Vec<u8> {
    let length = field[1..].iter().position(|byte| *byte < 0x80).unwrap();
    field[length + 2..].to_vec()
}

/// The message with its fields changed.
fn changed(bytes: &[u8], change: impl FnOnce(&mut Vec<Vec<u8>>)) -> Vec<u8> {
    let mut all = fields(bytes);
    assert_eq!(all.concat(), bytes);
    change(&mut all);
    all.concat()
}

/// The message with the fields of one inner message changed.
fn changed_inside(fields: &mut [Vec<u8>], at: usize, change: impl FnOnce(&mut Vec<Vec<u8>>)) {
    let number = fields[at][0] >> 3;
    fields[at] = delimited(number, &changed(&content(&fields[at]), change));
}

#[test]
fn a_field_that_no_biscuit_has() {
    for unknown in [&[15 << 3, 1][..], &[5 << 3 | 2, 0], &[0x80, 0x01, 1], &[0, 0]] {
        no_bytes(|bytes| [&bytes[..], unknown].concat());
        no_bytes(|bytes| [unknown, &bytes].concat());
        no_bytes(|bytes| changed(&bytes, |all| all.insert(2, unknown.to_vec())));
    }
}

#[test]
fn a_field_that_no_block_has() {
    for unknown in [&[15 << 3, 1][..], &[6 << 3 | 2, 0], &[7 << 3, 0]] {
        no_bytes(|bytes| {
            changed(&bytes, |all| changed_inside(all, 1, |block| block.push(unknown.to_vec())))
        });
    }
}

#[test]
fn a_field_that_no_key_has() {
    no_bytes(|bytes| {
        changed(&bytes, |all| {
            changed_inside(all, 1, |block| {
                changed_inside(block, 1, |key| key.push(vec![3 << 3, 1]));
            });
        })
    });
}

/// A protobuf library keeps the last of two.
#[test]
fn a_field_twice() {
    no_bytes(|bytes| changed(&bytes, |all| all.insert(0, all[0].clone())));
    no_bytes(|bytes| changed(&bytes, |all| all.insert(1, all[1].clone())));
    no_bytes(|bytes| changed(&bytes, |all| all.push(all[all.len() - 1].clone())));
}

#[test]
fn a_field_of_a_block_twice() {
    for at in 0..4 {
        no_bytes(|bytes| {
            changed(&bytes, |all| {
                changed_inside(all, 2, |block| block.insert(at, block[at].clone()));
            })
        });
    }
}

#[test]
fn the_fields_in_another_order() {
    no_bytes(|bytes| changed(&bytes, |all| all.swap(0, 1)));
    no_bytes(|bytes| changed(&bytes, |all| all.reverse()));
    no_bytes(|bytes| changed(&bytes, |all| all.rotate_right(1)));
}

#[test]
fn the_fields_of_a_block_in_another_order() {
    for at in 0..3 {
        no_bytes(|bytes| {
            changed(&bytes, |all| changed_inside(all, 1, |block| block.swap(at, at + 1)))
        });
    }
}

#[test]
fn a_field_left_out() {
    for at in 0..3 {
        no_bytes(|bytes| {
            changed(&bytes, |all| changed_inside(all, 1, |block| drop(block.remove(at))))
        });
    }
    no_bytes(|bytes| changed(&bytes, |all| drop(all.pop())));
    no_bytes(|bytes| changed(&bytes, |all| all.truncate(1)));
}

/// The algorithm of a key is 0 and is written; omitted, it would mean the same.
#[test]
fn the_algorithm_left_out() {
    no_bytes(|bytes| {
        changed(&bytes, |all| {
            changed_inside(all, 1, |block| changed_inside(block, 1, |key| drop(key.remove(0))));
        })
    });
}

/// Version 0 can only be written by omitting it.
#[test]
fn a_version_of_zero_written_out() {
    no_bytes(|bytes| {
        changed(&bytes, |all| {
            changed_inside(all, 1, |block| *block.last_mut().unwrap() = vec![5 << 3, 0]);
        })
    });
    let mut old = held();
    old.blocks.iter_mut().for_each(|block| block.version = 0);
    let bytes = old.to_bytes();
    assert_eq!(RawToken::take_apart(&bytes).map(|apart| apart.to_bytes()), Some(bytes));
    assert_eq!(not_authentic(&old), (Some(0), DenyCode::UnsupportedSignatureVersion));
}

#[test]
fn a_varint_with_redundant_bytes() {
    no_bytes(|bytes| {
        changed(&bytes, |all| {
            let hint = all[0].last_mut().unwrap();
            *hint |= 0x80;
            all[0].push(0);
        })
    });
    no_bytes(|bytes| {
        changed(&bytes, |all| {
            changed_inside(all, 1, |block| *block.last_mut().unwrap() = vec![5 << 3, 0x81, 0]);
        })
    });
}

#[test]
fn a_length_with_redundant_bytes() {
    no_bytes(|bytes| {
        changed(&bytes, |all| {
            let proof = all.last_mut().unwrap();
            let length = proof[1];
            proof.splice(1..2, [length | 0x80, 0]);
        })
    });
}

#[test]
fn a_varint_of_more_than_64_bits() {
    for hint in [
        vec![1 << 3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
        vec![1 << 3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
        vec![1 << 3, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02],
    ] {
        no_bytes(|bytes| changed(&bytes, |all| all[0] = hint.clone()));
    }
}

/// The hint is a `uint32`: a library would cut off the higher bits, and read Alice's hint again.
#[test]
fn a_hint_of_more_than_32_bits() {
    let hint = presented().root_hint.unwrap();
    for above in [1 << 32, 1 << 40, 1 << 63] {
        let spelled = RawToken { root_hint: Some(hint | above), ..presented() };
        let read = Presentation::from_bytes(spelled.to_bytes());
        assert_eq!(read, Err(FormatError::NotABiscuit));
    }
}

#[test]
fn a_length_beyond_the_end() {
    for length in [vec![0x7f], vec![0xff, 0xff, 0x03], vec![0xff, 0xff, 0xff, 0xff, 0x0f]] {
        no_bytes(|bytes| {
            changed(&bytes, |all| {
                let proof = all.last_mut().unwrap();
                proof.splice(1..2, length.clone());
            })
        });
    }
    let huge = [&[0x12][..], &[0xff; 9], &[0x01]].concat();
    assert_eq!(Presentation::from_bytes(huge), Err(FormatError::NotABiscuit));
}

#[test]
fn a_length_that_reaches_into_the_next_field() {
    // Into the version by a byte, and beyond the block.
    for more in [1, 3] {
        no_bytes(|bytes| {
            changed(&bytes, |all| changed_inside(all, 1, |block| block[2][1] += more))
        });
    }
    // By the whole version: the block is then one of version 0, with 66 bytes of signature.
    let bytes = changed(&presented().to_bytes(), |all| {
        changed_inside(all, 1, |block| block[2][1] += 2);
    });
    let presentation = Presentation::from_bytes(bytes).unwrap();
    let decision = verifier().decide(presentation, request(), now());
    refused(decision, [(Some(0), DenyCode::UnsupportedSignatureVersion)]);
}

#[test]
fn a_field_of_another_wire_type() {
    for wire_type in [0, 1, 3, 4, 5, 6, 7] {
        no_bytes(|bytes| {
            changed(&bytes, |all| {
                let proof = all.last_mut().unwrap();
                proof[0] = 4 << 3 | wire_type;
            })
        });
    }
}

/// The deprecated group, which has no length.
#[test]
fn a_group() {
    no_bytes(|bytes| {
        changed(&bytes, |all| {
            let proof = content(all.last().unwrap());
            *all.last_mut().unwrap() = [&[4 << 3 | 3][..], &proof, &[4 << 3 | 4]].concat();
        })
    });
}

#[test]
fn a_field_number_in_two_bytes() {
    no_bytes(|bytes| {
        changed(&bytes, |all| {
            let proof = all.last_mut().unwrap();
            proof.splice(0..1, [(4 << 3 | 2) | 0x80, 0]);
        })
    });
}

/// `oneof`: a protobuf library keeps the last of two alternatives.
#[test]
fn a_proof_of_both_kinds() {
    let both = |all: &mut Vec<Vec<u8>>, order: [usize; 2]| {
        let kinds = [delimited(1, &[7; 32]), delimited(2, &[0; 64])];
        let inner = [&kinds[order[0]][..], &kinds[order[1]]].concat();
        *all.last_mut().unwrap() = delimited(4, &inner);
    };
    no_bytes(|bytes| changed(&bytes, |all| both(all, [0, 1])));
    no_bytes(|bytes| changed(&bytes, |all| both(all, [1, 0])));
}

#[test]
fn a_proof_without_a_kind() {
    no_bytes(|bytes| changed(&bytes, |all| *all.last_mut().unwrap() = delimited(4, &[])));
    no_bytes(|bytes| changed(&bytes, |all| *all.last_mut().unwrap() = delimited(4, &[0x1a, 0])));
}

/// The first block has a field of its own.
#[test]
fn a_later_block_in_the_place_of_the_first() {
    no_bytes(|bytes| changed(&bytes, |all| all[1][0] = 3 << 3 | 2));
    no_bytes(|bytes| changed(&bytes, |all| all[2][0] = 2 << 3 | 2));
}

#[test]
fn a_token_within_a_token() {
    no_bytes(|bytes| delimited(2, &bytes));
    no_bytes(|bytes| [&bytes[..], &bytes].concat());
}
