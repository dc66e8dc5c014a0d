//! The place from which a statement is fetched.

use std::fmt::{self, Display, Formatter};
use std::path::PathBuf;
use std::str::FromStr;

use deputize::text::{Backticked, Visible};
use thiserror::Error;
use url::Url;

/// The place of a statement: a file, or an `https` URL.
///
/// ```
/// # use deputize_guard::Place;
/// let place: Place = "https://acme.com/deputize/alice.revocations".parse()?;
/// assert!(matches!(place, Place::Https(_)));
/// assert!(matches!("lists/alice.revocations".parse()?, Place::File(_)));
/// assert!("http://acme.com/alice.revocations".parse::<Place>().is_err());
/// # Ok::<(), deputize_guard::PlaceError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// A file.
    File(PathBuf),
    /// A URL with the scheme `https`, without a user and without a fragment.
    Https(Url),
}

impl FromStr for Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        if !text.contains("://") {
            return match text.is_empty() {
                true => Err(PlaceError::Empty),
                false => Ok(Self::File(text.into())),
            };
        }
        let error = |why: &str| PlaceError::Url { found: text.to_owned(), why: why.to_owned() };
        let url = Url::parse(text).map_err(|why| error(&why.to_string()))?;
        let is_anonymous = url.username().is_empty() && url.password().is_none();
        match url.scheme() {
            "https" if is_anonymous && url.fragment().is_none() => Ok(Self::Https(url)),
            "https" => Err(error("leave out the user and the fragment")),
            _ => Err(error("only `https` URLs are fetched; give a file as a path")),
        }
    }
}

impl Display for Place {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => Visible(&path.to_string_lossy()).fmt(f),
            Self::Https(url) => Visible(url.as_str()).fmt(f),
        }
    }
}

/// The reason why a text is not a place.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PlaceError {
    /// The text is empty.
    #[error("the place of a statement must be a path or an `https` URL")]
    Empty,
    /// The text is a URL that is not fetched.
    #[error("cannot fetch {}: {why}", Backticked(found))]
    Url {
        /// The text.
        found: String,
        /// The reason.
        why: String,
    },
}
