//! A review as a page.

use deputize::{Owner, Principal, PublicKey};
use deputize_audit::{
    ArgReview, HopReview, OperationReview, Replay, Review, RightReview, Usage, Verdict,
};
use deputize_pages::{
    AccessReview, GrantEnd, GrantUse, LogFacts, ObservedCalls, Party, ReplayCount, ReviewedHop,
    ReviewedRight, SeenArgument, SeenOperation, review_page,
};
use time::OffsetDateTime;

use super::{diff, observed, text, words};

/// Returns the review as a page.
pub(super) fn of(
    review: &Review,
    verdicts: &[Verdict],
    window: Option<&str>,
    now: OffsetDateTime,
) -> String {
    let log = |verdict: &Verdict| LogFacts {
        origin: verdict.origin.to_string(),
        records: verdict.read,
        behind: verdict.behind,
        is_whole: verdict.is_whole(),
    };
    let coverage = &review.coverage;
    let mut lines: Vec<String> =
        window.map(|window| format!("only {window}")).into_iter().collect();
    lines.push(format!("records: {}", text::not_use(coverage)));
    lines.extend(text::not_shown(coverage));
    lines.extend(text::not_reviewed(review, verdicts));
    lines.extend(text::overdue(review).map(|own| format!("past its review: {own}")));
    review_page(&AccessReview {
        logs: verdicts.iter().map(log).collect(),
        calls: coverage.allowed,
        span: coverage.first.zip(coverage.last),
        coverage: lines,
        hops: review.hops.iter().map(|own| hop(own, now)).collect(),
        observed: observed::parts(review).into_iter().map(observed_part).collect(),
    })
}

fn observed_part(own: observed::Part) -> ObservedCalls {
    let observed::Part { heading, lines, proposed, beyond } = own;
    ObservedCalls { heading, lines, proposed, beyond }
}

fn hop(own: &HopReview, now: OffsetDateTime) -> ReviewedHop {
    let grant = own.hop.grant();
    let (owner, root) = &own.owner;
    ReviewedHop {
        id: own.hop.id(),
        owner: owned_by(owner, *root),
        from: (own.depth > 0).then(|| party(own.hop.delegator())),
        to: party(own.hop.delegate()),
        purpose: grant.purpose().to_owned(),
        expires: grant.expires(),
        end: match own.ends_soon {
            true if grant.expires() <= now => GrantEnd::Ended,
            true => GrantEnd::Soon,
            false => GrantEnd::Later,
        },
        review_overdue: own.review_overdue,
        calls: own.calls,
        last_used: own.last_used,
        hidden: own.hidden,
        rights: own.rights.iter().map(right).collect(),
        diff: diff::lines(own),
        is_proposed: own.proposal.is_some(),
        replay: replay(&own.replay),
        held_out: own.held_out.as_ref().map(replay),
        newly_refused: own.replay.newly_refused.iter().map(words::refused).collect(),
        remarks: text::remarks(own),
    }
}

fn owned_by(owner: &Owner, key: PublicKey) -> Party {
    Party { name: owner.name().to_owned(), kind: owner.kind(), key }
}

fn party(own: &Principal) -> Party {
    Party { name: own.name().to_owned(), kind: own.kind(), key: own.key() }
}

fn right(own: &RightReview) -> ReviewedRight {
    ReviewedRight {
        granted: own.granted.clone(),
        usage: match own.usage {
            Usage::Never => GrantUse::Never,
            Usage::Hardly => GrantUse::Hardly,
            Usage::Used => GrantUse::Used,
            _ => GrantUse::NotShown,
        },
        calls: own.calls,
        maybe: own.maybe,
        last_used: own.last_used,
        operations: own.operations.iter().map(operation).collect(),
    }
}

fn operation(own: &OperationReview) -> SeenOperation {
    SeenOperation {
        operation: own.operation.clone(),
        calls: own.calls,
        resources: own.resources.clone(),
        has_more_resources: own.has_more_resources,
        args: own.args.iter().map(argument).collect(),
    }
}

fn argument(own: &ArgReview) -> SeenArgument {
    SeenArgument { name: own.name.clone(), present: own.present, values: words::values(own) }
}

fn replay(own: &Replay) -> ReplayCount {
    let Replay { allowed, refused, not_replayed, .. } = *own;
    ReplayCount { allowed, refused, not_replayed }
}
