//! Hostile texts, and chains and reports that contain them.

use deputize::testing::RawToken;
use deputize::{
    Capability, Constraint, Grant, Owner, Principal, PrincipalKind, Report, Request, Signer, Token,
    TrustAnchor,
};
use time::Duration;

use super::{
    TOKEN_ID, alice, first, key, mint, now, planner, present, present_for, request, researcher,
    shown, verifier, verifier_of,
};

/// Texts with a special meaning to a terminal, a log, Markdown, Mermaid, Graphviz or HTML.
pub(crate) const HOSTILE: [&str; 51] = [
    // Runs of backticks at and beyond the longest fence that programs match.
    "```````````````````````````````````````````````````````````````````````````````![x](http://evil.com)",
    "````````````````````````````````````````````````````````````````````````````````![x](http://evil.com)",
    "````````````````````````````````````````````````````````````````````````````````` **x** <br>",
    // Blanks up to the column where a terminal or a drawing breaks the line.
    "ok                                                              └─ hop 9: alice@acme.com",
    "ok                                                ALLOWED by alice@acme.com ",
    "alice\n  ✗ hop 0: expired [expired]",
    "\u{1b}[2K\u{1b}[1A\u{1b}]0;owned\u{7}",
    "\u{202e}gnp.exe\u{2066}",
    "a\u{200b}b\u{feff}c\u{2060}d\u{ad}e",
    "</script><script>alert(1)</script>",
    "| a | b |\n|---|---|\n[x](javascript:y)",
    "\" → evil",
    "\\\" \\u{200b} ```",
    "line\u{2028}paragraph\u{2029}next\u{85}tab\tnul\0",
    "\u{e0041}\u{e0042}\u{3164}UNVERIFIED ",
    // Right to left.
    "שלום עליכם",
    "السلام 123 (abc)",
    // HTML.
    "<b>bold</b>",
    "<img src=x onerror=alert(1)>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&amp;lt;i&amp;gt;",
    "--> <!-- ]]>",
    "<svg/onload=alert(1)>",
    "\" onmouseover=\"alert(1)",
    // Mermaid.
    "%%{init: {\"securityLevel\": \"loose\"}}%%",
    "click n0 href \"javascript:alert(1)\"",
    "\"]; evil [\"",
    "#quot;#35;60;",
    "#lt;b#gt;ﬂ°°60¶ß",
    "end",
    "subgraph",
    "graph",
    "fa:fa-car 1. - one",
    "1.",
    "$$\\frac{1}{2}$$",
    "`**bold** _x_`",
    // Graphviz.
    "\\l\\n\\G\\N\\",
    "\\",
    "{a|b}<f0>",
    // Markdown.
    "a | b \\| c \\\\| d",
    "`x` ``y`` ```",
    "`",
    "````\n# heading",
    "~~gone~~ **bold** _x_",
    "$x$ $`y`$",
    "![](x) [^1] [x]: y",
    "www.evil.com http://evil.com mallory@evil.com",
    "@team #1 :smile: GH-1",
    "- [ ] 1. > # |---|",
    "  <details>  ",
    "[[wiki]] ||spoiler|| ==mark== ++ins++ H~2~O x^2^",
];

/// The part of the text that may be a name: without invisible characters, and without blanks around
/// it.
pub(crate) fn name_of(text: &str) -> String {
    let is_fine = |c: &char| *c == ' ' || Owner::human(format!("a{c}b")).is_ok();
    text.chars().filter(is_fine).collect::<String>().trim().to_owned()
}

/// A chain in which every value is `text`, and every name, purpose and argument is [`name_of`] it;
/// and a call that every hop refuses.
pub(crate) fn chain(nth: usize, text: &str) -> (RawToken, Request) {
    let name = &*name_of(text);
    let longest = format!("{name}{}", "x".repeat(256_usize.saturating_sub(name.len())));
    let owner = Owner::human(name).unwrap();
    let args = serde_json::json!({ "note": text, longest.as_str(): [text], "n": nth });
    let call = Request::new("crm.read", "accounts/→/<b>\"", "crm \"acme\" </b>")
        .and_then(|call| call.with_arg_map(args.as_object().unwrap().clone()))
        .unwrap();
    let own = |most: usize| {
        let values = [text, "other"];
        Capability::new("crm.read", "**")
            .and_then(|own| {
                own.with_arg("note", [Constraint::one_of(values.into_iter().take(most))])
            })
            .and_then(|own| own.with_arg(longest.clone(), [Constraint::subset_of([text])]))
            .and_then(|own| {
                own.with_optional_arg(name, [Constraint::prefix(text), Constraint::suffix(text)])
            })
            .unwrap()
    };
    let grant = |name: &str, seed: u8, own: Capability| {
        let to = Principal::new(name, PrincipalKind::Organization, key(seed).public_key()).unwrap();
        let grant = Grant::new(to, [own], now() + Duration::hours(1), name_of(text)).unwrap();
        grant.with_max_hops(1).with_audience(["crm \"acme\" </b>"]).unwrap()
    };
    let raw = RawToken::mint(owner, &alice(), grant(name, 2, own(2)), now(), TOKEN_ID).delegate(
        &planner(),
        grant(&longest, 3, own(1)),
        now(),
    );
    (present_for(raw, &researcher(), &call), call)
}

/// Reports of the chain: refused by both hops, held, unverified, and refused for an owner that is
/// not trusted; and of a policy that refuses with `text`.
pub(crate) fn reports(nth: usize, text: &str) -> [Report; 5] {
    let (raw, call) = chain(nth, text);
    let mut held = raw.clone();
    held.blocks.pop();
    held.proof = super::held().proof;
    let held = Token::parse(&held.to_text()).unwrap();
    let open = shown(&present(mint(first()), &planner()));
    let policy = |_: &_, _: &_| Err(text.to_owned());
    [
        refused(nth, text),
        Report::unverified_token(&held, now()),
        Report::unverified_presentation(&shown(&raw), now()),
        Report::of(&verifier().decide(shown(&raw), call, now())),
        Report::of(&verifier().decide_with_policy(open, request(), now(), policy)),
    ]
}

/// A report of the chain, which both of its hops refuse.
pub(crate) fn refused(nth: usize, text: &str) -> Report {
    let (raw, call) = chain(nth, text);
    let anyone = verifier_of(TrustAnchor::for_any_owner(alice().public_key()));
    Report::of(&anyone.decide(shown(&raw), call, now()))
}

/// A report of the maximum number of hops, with the longest and most expensive texts to escape that
/// fit a token.
pub(crate) fn longest() -> Report {
    let text = "🙂".repeat(56);
    let hop = |seed: u8| {
        let to =
            Principal::new(text.clone(), PrincipalKind::Agent, key(seed).public_key()).unwrap();
        let own = ["a", "b", "c"].map(|end| {
            // Resources that the parent lacks, so that all of the parent's are reported as removed.
            Capability::new("x", &format!("{text}/{seed}/{end}")).unwrap()
        });
        let grant = Grant::new(to, own, now() + Duration::hours(1), text.clone()).unwrap();
        let grant = grant.with_max_hops(31).with_audience([text.clone()]).unwrap();
        grant.with_not_before(now()).unwrap()
    };
    let mut raw = mint(hop(2));
    for seed in 2..33 {
        raw = raw.delegate(&key(seed), hop(seed.saturating_add(1)), now());
    }
    Report::unverified_presentation(&shown(&present(raw, &key(33))), now())
}
