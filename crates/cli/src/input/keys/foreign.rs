//! A key of another program, named for what it is.

use std::borrow::Cow;

use super::convert::Conversion;

/// The half of a key pair that is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Half {
    /// The private key.
    Private,
    /// The public key.
    Public,
}

/// Something that is not a key which is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Foreign {
    /// Its name, after "this is".
    what: Cow<'static, str>,
    remedy: Remedy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Remedy {
    /// One command converts it.
    Convert(Conversion),
    /// It cannot be converted, because only Ed25519 keys are used.
    MakeAnother,
    /// These words.
    Words(&'static str),
}

impl Foreign {
    pub(super) fn convert(what: impl Into<Cow<'static, str>>, how: Conversion) -> Self {
        Self { what: what.into(), remedy: Remedy::Convert(how) }
    }

    /// A key of another algorithm.
    pub(super) fn another(what: impl Into<Cow<'static, str>>) -> Self {
        Self { what: what.into(), remedy: Remedy::MakeAnother }
    }

    pub(super) fn words(what: impl Into<Cow<'static, str>>, words: &'static str) -> Self {
        Self { what: what.into(), remedy: Remedy::Words(words) }
    }

    /// Returns a sentence about the file with this name, in the words of a shell, or about a text
    /// in an argument.
    pub(super) fn sentence(&self, half: Half, file: Option<&str>) -> String {
        let what = &self.what;
        let (needed, alone) = match half {
            Half::Private => {
                ("a private key in PEM is needed", ", and let the key serve nothing else")
            }
            Half::Public => ("a public key in PEM, `ed25519/<hex>` or an SSH line is needed", ""),
        };
        match (self.remedy, file) {
            (Remedy::Convert(how), Some(file)) => {
                let command = how.command(file);
                format!("this is {what}, and {needed}; convert it with `{command}`{alone}")
            }
            (Remedy::Convert(_), None) => format!("this is {what}, and {needed}"),
            (Remedy::MakeAnother, _) => format!(
                "this is {what}, and only Ed25519 keys are used; make one with `deputize keygen NAME`"
            ),
            (Remedy::Words(words), _) => format!("this is {what}{words}"),
        }
    }
}
