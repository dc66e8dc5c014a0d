//! Resources, and the patterns that cover them.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use thiserror::Error;

use crate::limits::MAX_SEGMENTS;
use crate::text::escape::{Backticked, Quoted, has_outer_blank};
use crate::text::path::{PathFault, check_path, percent_decode};

/// The resource that an operation acts on, as segments between slashes: `accounts/emea/42`.
///
/// Ambiguous text is refused, never repaired: empty, `.` and `..` segments (so also a leading or
/// trailing slash), backslashes, a segment that begins like a drive (`c:`), characters that Unicode
/// or a code page turns into one of these or `%`, percent-escapes that hide one, wildcards, and
/// invisible characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Resource(String);

impl Resource {
    /// Joins segments, such as the parts of a URL path that a router has decoded. A slash inside one
    /// is refused: joined by hand, `emea/x` and `7` would be the same resource as `emea` and `x/7`.
    ///
    /// ```
    /// # use deputize::Resource;
    /// assert_eq!(Resource::from_segments(["accounts", "emea", "42"])?.as_str(), "accounts/emea/42");
    /// assert!(Resource::from_segments(["accounts", "emea/x", "42"]).is_err());
    /// # Ok::<(), deputize::ResourceError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ResourceError`] for a segment with a slash, and for a text that [`FromStr`] refuses.
    pub fn from_segments<S: AsRef<str>>(
        segments: impl IntoIterator<Item = S>,
    ) -> Result<Self, ResourceError> {
        let mut text = String::new();
        for (i, segment) in segments.into_iter().enumerate() {
            let segment = segment.as_ref();
            if segment.contains('/') {
                let fault = PathFault::SlashInSegment;
                return Err(ResourceError { found: segment.to_owned(), fault });
            }
            if i > 0 {
                text.push('/');
            }
            text.push_str(segment);
        }
        text.parse()
    }

    /// Returns the resource as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the segments.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }
}

impl FromStr for Resource {
    type Err = ResourceError;

    fn from_str(text: &str) -> Result<Self, ResourceError> {
        check_resource(text).map_err(|fault| ResourceError { found: text.to_owned(), fault })?;
        Ok(Self(text.to_owned()))
    }
}

impl Display for Resource {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(&Quoted(&self.0), f)
    }
}

/// The resources that a capability covers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ResourcePattern {
    /// One resource: `accounts/emea/42`.
    Exact(Resource),
    /// Every resource exactly one segment below: `accounts/*`.
    Child(Resource),
    /// Every resource below this one, but not the resource itself: `accounts/**`.
    Below(Resource),
    /// Every resource: `**`.
    Any,
}

impl ResourcePattern {
    /// Returns true if the pattern covers the resource.
    pub fn permits(&self, resource: &Resource) -> bool {
        match self {
            Self::Exact(own) => own == resource,
            Self::Child(own) => {
                is_below(resource, own)
                    && resource.segments().count() == own.segments().count().saturating_add(1)
            }
            Self::Below(own) => is_below(resource, own),
            Self::Any => true,
        }
    }

    /// Returns true if `parent` covers everything that this pattern covers.
    pub fn within(&self, parent: &Self) -> bool {
        match (self, parent) {
            (_, Self::Any) => true,
            (Self::Exact(own), parent) => parent.permits(own),
            (Self::Child(own), Self::Child(outer)) => own == outer,
            (Self::Child(own) | Self::Below(own), Self::Below(outer)) => {
                own == outer || is_below(own, outer)
            }
            (Self::Child(_) | Self::Below(_) | Self::Any, _) => false,
        }
    }
}

impl FromStr for ResourcePattern {
    type Err = ResourceError;

    fn from_str(text: &str) -> Result<Self, ResourceError> {
        let pattern = if text == "**" {
            Self::Any
        } else if let Some(stem) = text.strip_suffix("/**") {
            Self::Below(stem_of(text, stem)?)
        } else if let Some(stem) = text.strip_suffix("/*") {
            Self::Child(stem_of(text, stem)?)
        } else {
            Self::Exact(text.parse()?)
        };
        pattern.check()?;
        Ok(pattern)
    }
}

impl ResourcePattern {
    /// Checks a rule for grants that does not apply to requests: no segment may begin or end with a
    /// blank, because it would look like another segment. In a request such a segment is data, on
    /// which the service must be able to decide.
    pub(crate) fn check(&self) -> Result<(), ResourceError> {
        let (Self::Exact(own) | Self::Child(own) | Self::Below(own)) = self else {
            return Ok(());
        };
        let plain = own.0.contains('%').then(|| percent_decode(&own.0)).flatten();
        let plain = plain.as_deref().unwrap_or(&own.0);
        if plain.split('/').any(has_outer_blank) {
            return Err(ResourceError { found: self.as_written(), fault: PathFault::OuterBlank });
        }
        Ok(())
    }

    /// Returns the resource without the wildcard.
    pub(crate) fn stem(&self) -> &str {
        match self {
            Self::Exact(own) | Self::Child(own) | Self::Below(own) => &own.0,
            Self::Any => "",
        }
    }

    /// Returns the text that parses to this pattern.
    pub fn as_written(&self) -> String {
        match self {
            Self::Exact(own) => own.0.clone(),
            Self::Child(own) => format!("{}/*", own.0),
            Self::Below(own) => format!("{}/**", own.0),
            Self::Any => "**".to_owned(),
        }
    }
}

impl Display for ResourcePattern {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if *self == Self::Any {
            return f.write_str("**");
        }
        Display::fmt(&Quoted(&self.as_written()), f)
    }
}

/// Reads the stem of a pattern. An error is about the whole pattern, of which an empty stem is one
/// segment.
fn stem_of(pattern: &str, stem: &str) -> Result<Resource, ResourceError> {
    stem.parse().map_err(|error: ResourceError| {
        let fault = match error.fault {
            PathFault::Empty => PathFault::EmptySegment,
            fault => fault,
        };
        ResourceError { found: pattern.to_owned(), fault }
    })
}

fn is_below(resource: &Resource, stem: &Resource) -> bool {
    resource.0.strip_prefix(&stem.0).is_some_and(|rest| rest.starts_with('/'))
}

/// Checks the rules of paths, with the three differences in `docs/FORMAT.md`, section 13.
fn check_resource(text: &str) -> Result<(), PathFault> {
    if text.is_empty() {
        return Err(PathFault::Empty);
    }
    if text.starts_with('/') {
        return Err(PathFault::EmptySegment);
    }
    let segments = text.split('/').count();
    if segments > MAX_SEGMENTS {
        return Err(PathFault::TooManySegments { segments });
    }
    check_path(text)?;
    if text.contains('*') {
        return Err(PathFault::Wildcard);
    }
    Ok(())
}

/// The reason why a text is not a resource, or not a pattern of resources.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "the resource {} {fault}; write segments such as `accounts/emea/42`, and in a pattern `accounts/*`, `accounts/**` or `**`",
    Backticked(found)
)]
#[non_exhaustive]
pub struct ResourceError {
    /// The text.
    pub found: String,
    /// The rule that it breaks.
    pub fault: PathFault,
}
