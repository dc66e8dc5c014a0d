//! The terminal key, which ends a chain.

/// The published secret of the terminal key: the SHA-256 of the sentence
/// `deputize: nothing may follow a presentation`. Anyone can recompute it and see that it has no
/// hidden origin.
pub(crate) const TERMINAL_SECRET: [u8; 32] = [
    0xb2, 0x69, 0xfe, 0x37, 0xeb, 0xe3, 0xa9, 0x68, 0x01, 0x04, 0x00, 0xc3, 0x18, 0x87, 0xb4, 0xe7,
    0xef, 0x2e, 0x4a, 0xc3, 0xeb, 0x0b, 0x8b, 0xab, 0x51, 0x60, 0x2f, 0x80, 0x77, 0xda, 0x20, 0xf7,
];

/// The public key of the terminal key, which the last block of a presentation names.
pub(crate) const TERMINAL_KEY: [u8; 32] = [
    0x45, 0x73, 0x26, 0x6f, 0x2d, 0x18, 0x48, 0x2a, 0x7e, 0x53, 0x82, 0xee, 0xb4, 0xdd, 0x68, 0xeb,
    0xa1, 0xfe, 0xa7, 0xb6, 0xd6, 0x6b, 0x86, 0x68, 0x18, 0x17, 0x5f, 0x66, 0x51, 0xfa, 0x8d, 0xd3,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{KeyError, PublicKey, Signer as _, SigningKey};

    #[test]
    fn the_terminal_key_comes_from_its_sentence_and_cannot_be_imported() {
        use sha2::{Digest, Sha256};
        let sentence = b"deputize: nothing may follow a presentation";
        assert_eq!(<[u8; 32]>::from(Sha256::digest(sentence)), TERMINAL_SECRET);
        let key = SigningKey::from_bytes(&TERMINAL_SECRET).public_key();
        assert_eq!(key.to_bytes(), TERMINAL_KEY);
        assert_eq!(PublicKey::from_bytes(&TERMINAL_KEY), Err(KeyError::Published));
    }
}
