//! The calls that were observed and would have been refused, in lines: by key, and those of nobody.

use std::collections::BTreeMap;

use deputize::Capability;
use deputize::text::Quoted;
use deputize_audit::{Coverage, KeyReview, Review, UnpresentedTool};

use super::{beyond, words};
use crate::output::granted::{at, named};

/// Tools and arguments that are listed.
const LISTED_TOOLS: usize = 32;
/// Arguments of one tool that are listed.
const LISTED_ARGS: usize = 16;

/// A part of a review: a heading and lines, in which untrusted text is escaped.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) heading: String,
    pub(super) lines: Vec<String>,
    /// The proposed capabilities.
    pub(super) proposed: Vec<String>,
    /// The calls that they permit beyond those that were recorded.
    pub(super) beyond: Vec<String>,
}

/// Returns a part for each key, and one for the calls that nobody presented.
pub(super) fn parts(review: &Review) -> Vec<Part> {
    let mut parts: Vec<Part> = review.keys.iter().map(of_key).collect();
    if review.more_keys > 0 {
        let more = review.more_keys;
        parts.push(Part {
            heading: "further keys".to_owned(),
            lines: vec![format!(
                "{more} observed calls of keys that are not reviewed, or whose chain is not shown"
            )],
            proposed: Vec::new(),
            beyond: Vec::new(),
        });
    }
    let Coverage { unpresented, more_unpresented, .. } = review.coverage;
    if unpresented > 0 || more_unpresented > 0 {
        parts.push(of_nobody(review));
    }
    parts
}

pub(super) fn of_key(own: &KeyReview) -> Part {
    let (owner, root) = &own.owner;
    let (holder, owner) = (named(&own.holder), Quoted(owner.name()));
    let mut lines = vec![format!(
        "{} allowed, and {} observed that would have been refused: {}",
        words::calls(own.allowed),
        own.wanted,
        codes(&own.wanted_codes)
    )];
    for (count, why) in [
        (own.barred, format!("no grant ends their refusal: {}", codes(&own.barred_codes))),
        (own.hidden, "their records do not show them".to_owned()),
        (own.left_out, "a grant has no room for them, or cannot state them".to_owned()),
    ] {
        if count > 0 {
            lines.push(format!("not in the proposal: {}, since {why}", words::calls(count)));
        }
    }
    let (mut proposed, mut more) = (Vec::new(), Vec::new());
    match &own.proposal {
        Some(proposal) => {
            lines.push(format!(
                "the grant that would have covered them: {}",
                words::replay(&own.replay)
            ));
            proposed = proposal.capabilities.iter().map(Capability::as_written).collect();
            more = beyond::lines(&proposal.capabilities, &proposal.beyond);
        }
        None => lines.push("no grant, since no call is shown that one could cover".to_owned()),
    }
    lines.extend(own.replay.newly_refused.iter().map(words::refused));
    Part {
        heading: format!(
            "{holder}, by what is charged to its key, for {owner} ({})",
            root.fingerprint()
        ),
        lines,
        proposed,
        beyond: more,
    }
}

fn codes(by_code: &BTreeMap<&'static str, u64>) -> String {
    let codes: Vec<_> = by_code.iter().map(|(code, count)| format!("{code} {count}")).collect();
    codes.join(", ")
}

fn of_nobody(review: &Review) -> Part {
    let Coverage { unpresented, more_unpresented, .. } = review.coverage;
    let own = &review.unpresented;
    let mut lines = vec![
        format!(
            "{}, and {more_unpresented} more that are only counted: nobody presented them, and anybody can have made them",
            words::calls(unpresented)
        ),
        "while a service observes, an agent can avoid being charged by presenting nothing"
            .to_owned(),
        "they are in no proposal; --take 'TOOL: ARGUMENTS' takes a tool".to_owned(),
    ];
    for own in own.tools.iter().take(LISTED_TOOLS) {
        tool(own, &mut lines);
    }
    let cut = own.tools.iter().skip(LISTED_TOOLS).map(|own| own.calls);
    let more = cut.fold(own.more, u64::saturating_add);
    if more > 0 {
        lines.push(format!("and {} of further tools; --format json has some", words::calls(more)));
    }
    if own.hidden > 0 {
        lines.push(format!("{} do not show their tool", words::calls(own.hidden)));
    }
    Part { heading: "of nobody".to_owned(), lines, proposed: Vec::new(), beyond: Vec::new() }
}

fn tool(own: &UnpresentedTool, lines: &mut Vec<String>) {
    lines.push(format!(
        "{} of {} on {}, {} done, {} to {}",
        words::calls(own.calls),
        Quoted(own.operation.as_str()),
        Quoted(own.resource.as_str()),
        own.done,
        at(own.first),
        at(own.last)
    ));
    for arg in own.args.iter().take(LISTED_ARGS) {
        let often = if arg.present < own.calls {
            format!(" in {}", words::calls(arg.present))
        } else {
            String::new()
        };
        lines.push(format!("  {}: {}{often}", Quoted(&arg.name), words::values(arg)));
    }
    if own.args.len() > LISTED_ARGS || own.has_more_args {
        lines.push("  and further arguments".to_owned());
    }
}
