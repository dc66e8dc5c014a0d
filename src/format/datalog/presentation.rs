//! The last block of a presentation: `docs/FORMAT.md`, section 10.

use crate::format::datalog::delegation::{
    decode_id, decode_time, decode_time_bound, encode_time, encode_time_bound,
};
use crate::format::datalog::read::{self, Block, BlockError, Decoder, refuse};
use crate::format::datalog::symbols::{Interner, Symbols};
use crate::format::datalog::syntax::{Binary, Term};
use crate::format::datalog::vocabulary::TIME;
use crate::format::datalog::write::{self, Encode, Sink};
use crate::format::hop_id::HopId;
use crate::instant::UnixTime;
use crate::request::check_audience;

/// The content of the last block of a presentation, which binds the token to one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PresentationBlock {
    /// The id of the last hop.
    pub(crate) parent: HopId,
    pub(crate) nonce: [u8; 16],
    pub(crate) issued: UnixTime,
    /// Its place in a series, if the presenter numbers its presentations.
    pub(crate) counted: Option<Counted>,
    /// Seconds before and after `issued` in which the request may be made.
    pub(crate) window: u64,
    pub(crate) audience: String,
    pub(crate) request_digest: [u8; 32],
}

/// The place of a presentation in a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) series: [u8; 8],
    /// From 1.
    pub(crate) count: u64,
}

impl PresentationBlock {
    /// Encodes the block.
    pub(crate) fn to_block(&self, symbols: &mut Interner<'_>) -> write::Result<Vec<u8>> {
        write::encode(self, symbols)
    }

    /// Reads the last block of a presentation.
    pub(crate) fn from_block<'a>(bytes: &'a [u8], symbols: &mut Symbols<'a>) -> read::Result<Self> {
        write::decode_canonical(bytes, symbols, decode_presentation)
    }
}

impl Encode for PresentationBlock {
    fn encode(&self, to: &mut impl Sink) -> write::Result {
        let counted = self.counted.map(Counted::to_bytes);
        let counted = counted.as_ref().map(<[u8; 16]>::as_slice);
        encode_presentation(self, Some(self.parent.as_bytes()), counted, to)
    }
}

/// Encodes the fact and the check. Only forged blocks have no parent.
pub(super) fn encode_presentation(
    own: &PresentationBlock,
    parent: Option<&[u8]>,
    counted: Option<&[u8]>,
    to: &mut impl Sink,
) -> write::Result {
    let (nonce, issued) = (Term::Bytes(&own.nonce), encode_time(own.issued));
    match (parent.map(Term::Bytes), counted.map(Term::Bytes)) {
        (None, _) => to.fact("presentation", &[nonce, issued])?,
        (Some(parent), None) => to.fact("presentation", &[nonce, issued, parent])?,
        (Some(parent), Some(counted)) => {
            to.fact("presentation", &[nonce, issued, parent, counted])?;
        }
    }
    to.check(|to| {
        to.query(|to| {
            to.predicate("request_digest", &[Term::Bytes(&own.request_digest)])?;
            to.predicate("audience", &[Term::Str(&own.audience)])?;
            to.predicate("time", &[Term::Variable(TIME)])?;
            encode_time_bound(Binary::GreaterOrEqual, own.issued.minus(own.window), to)?;
            encode_time_bound(Binary::LessOrEqual, own.issued.plus(own.window), to)
        })
    })
}

fn decode_presentation<'a>(
    block: &Block<'a>,
    decoder: &Decoder<'_, 'a>,
) -> read::Result<PresentationBlock> {
    const NOT_A_PRESENTATION: BlockError = BlockError("is not a presentation");
    let ([fact], [check]) = (block.facts.as_slice(), block.checks.as_slice()) else {
        return Err(NOT_A_PRESENTATION);
    };
    let (
        "presentation",
        [Term::Bytes(nonce), Term::Date(issued), Term::Bytes(parent), counted @ ..],
    ) = (fact.name, fact.terms.as_slice())
    else {
        return Err(NOT_A_PRESENTATION);
    };
    let counted = match counted {
        [] => None,
        [Term::Bytes(bytes)] => Some(Counted::from_bytes(bytes).ok_or(NOT_A_PRESENTATION)?),
        _ => return Err(NOT_A_PRESENTATION),
    };
    let mut query = check.query()?;
    let mut predicate = || query.predicate(decoder).ok_or(NOT_A_PRESENTATION);
    let (digest, audience, _time) = (predicate()??, predicate()??, predicate()??);
    let mut expression = || query.expression(decoder).ok_or(NOT_A_PRESENTATION);
    let (since, until) = (expression()??, expression()??);
    let ([Term::Bytes(digest)], [Term::Str(audience)]) =
        (digest.terms.as_slice(), audience.terms.as_slice())
    else {
        return Err(NOT_A_PRESENTATION);
    };
    let issued = decode_time(*issued)?;
    let [since, until] = [since, until].map(|bound| decode_time_bound(bound.as_slice()));
    // At the beginning or end of time, one bound is clamped and thus nearer to `issued`.
    let window = issued.since(since?).max(until?.since(issued));
    if check_audience(audience).is_err() {
        return refuse("names an audience that is not visible text");
    }
    Ok(PresentationBlock {
        parent: decode_id(parent).ok_or(NOT_A_PRESENTATION)?,
        nonce: (*nonce).try_into().or(Err(NOT_A_PRESENTATION))?,
        issued,
        counted,
        window,
        audience: (*audience).to_owned(),
        request_digest: (*digest).try_into().or(Err(NOT_A_PRESENTATION))?,
    })
}

/// The last term of `presentation`: series and count.
impl Counted {
    fn to_bytes(self) -> [u8; 16] {
        let series = u128::from(u64::from_be_bytes(self.series));
        (series << 64 | u128::from(self.count)).to_be_bytes()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (series, count) = bytes.split_first_chunk::<8>()?;
        let count = u64::from_be_bytes(count.try_into().ok()?);
        Some(Self { series: *series, count }).filter(|own| own.count > 0)
    }
}
