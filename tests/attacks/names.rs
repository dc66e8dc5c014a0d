//! The attacker names agents, services, arguments and resources in grants, and writes purposes. It
//! wants two different names that look the same, or a name that changes the text around it: with
//! invisible characters, with characters that reverse the line, or with line breaks.

use deputize::{
    Capability, CapabilityError, DenyCode, Grant, GrantError, NameError, OperationError,
    OperationPattern, Owner, Principal, Request, ResourceError, ResourcePattern, Signer,
};
use time::Duration;

use crate::common::{agent, decided, first, mint, now, planner, present_for, reading, refused};
use crate::common::{crm_request, shown, verifier};
use crate::editing::renamed;

/// One of each class: controls, line breaks, direction marks, format characters, blanks, letters
/// and signs without a glyph, selectors.
const HIDDEN: [char; 26] = [
    '\0',
    '\t',
    '\n',
    '\r',
    '\u{1b}',
    '\u{7f}',
    '\u{85}',
    '\u{a0}',
    '\u{ad}',
    '\u{34f}',
    '\u{61c}',
    '\u{115f}',
    '\u{180b}',
    '\u{200b}',
    '\u{200e}',
    '\u{2028}',
    '\u{202e}',
    '\u{2066}',
    '\u{2800}',
    '\u{3000}',
    '\u{3164}',
    '\u{fe0f}',
    '\u{16fe4}',
    '\u{1d159}',
    '\u{1d173}',
    '\u{e0100}',
];

/// Spellings of a text that look the same.
fn spellings(text: &str) -> Vec<String> {
    let (start, end) = text.split_at(text.len() / 2);
    let hidden = HIDDEN
        .iter()
        .flat_map(|c| [format!("{c}{text}"), format!("{start}{c}{end}"), format!("{text}{c}")]);
    hidden.chain([format!(" {text}"), format!("{text} "), format!("  {text}  ")]).collect()
}

/// Checks that a block with this text is refused, although it is signed correctly.
#[track_caller]
fn not_read(text: &str) {
    for spelling in spellings(text) {
        refused(renamed(text, &spelling), [(Some(0), DenyCode::NotCanonical)]);
    }
}

#[test]
fn an_owner() {
    for name in spellings("alice@acme.com") {
        assert!(matches!(Owner::human(&*name), Err(NameError::Hidden { .. })), "{name:?}");
    }
    not_read("alice@acme.com");
}

#[test]
fn a_delegate() {
    for name in spellings("planner") {
        let made = Principal::agent(&*name, planner().public_key());
        assert!(matches!(made, Err(NameError::Hidden { .. })), "{name:?}");
    }
    not_read("planner");
}

#[test]
fn a_purpose() {
    for purpose in spellings("Q3 account review") {
        let (to, own) = (agent("planner", &planner()), reading("accounts/**", 5));
        let made = Grant::new(to, [own], now() + Duration::hours(1), &*purpose);
        assert!(matches!(made, Err(GrantError::PurposeHidden { .. })), "{purpose:?}");
    }
    not_read("Q3 account review");
}

#[test]
fn an_audience() {
    for name in spellings("crm.acme.com") {
        let made = first().with_audience([&*name]);
        assert_eq!(made, Err(GrantError::Audience { found: name }));
    }
    not_read("crm.acme.com");
}

#[test]
fn an_argument() {
    for name in spellings("limit") {
        let made = Capability::new("crm.read", "**").unwrap().with_arg(&*name, []);
        assert!(matches!(made, Err(CapabilityError::ArgNameHidden { .. })), "{name:?}");
        let json = serde_json::json!({ "operation": "a", "resource": "b", "args": { &*name: {"any": true} } });
        assert!(serde_json::from_value::<Capability>(json).is_err(), "{name:?}");
    }
    not_read("limit");
}

/// A JSON Pointer contains the names of the enclosing objects too.
#[test]
fn an_argument_inside_an_object() {
    for name in ["/filter/ owner", "/filter /owner", "/ filter/owner", "/filter/owner\u{200d}"] {
        let made = Capability::new("crm.read", "**").unwrap().with_arg(name, []);
        assert!(matches!(made, Err(CapabilityError::ArgNameHidden { .. })), "{name:?}");
    }
    assert!(Capability::new("crm.read", "**").unwrap().with_arg("/a b/c", []).is_ok());
}

#[test]
fn a_segment_of_a_resource() {
    for segment in spellings("emea") {
        for text in
            [format!("accounts/{segment}"), format!("{segment}/42/**"), format!("a/{segment}/*")]
        {
            let made = text.parse::<ResourcePattern>();
            assert!(matches!(made, Err(ResourceError { .. })), "{text:?}");
            assert!(Capability::new("crm.read", &text).is_err(), "{text:?}");
        }
        refused(renamed("accounts/", &format!("{segment}/")), [(Some(0), DenyCode::NotCanonical)]);
    }
    for text in ["accounts/%20emea", "accounts/emea%20/42/*", "%20/**"] {
        assert!(text.parse::<ResourcePattern>().is_err(), "{text}");
    }
}

#[test]
fn an_operation() {
    for name in spellings("crm.read") {
        let made = name.parse::<OperationPattern>();
        assert!(matches!(made, Err(OperationError { .. })), "{name:?}");
    }
    not_read("crm.read");
}

/// In a request they are data that a service received. They are judged unchanged, and shown
/// escaped.
#[test]
fn the_values_of_a_request_are_data() {
    let name = "li\u{202e}mit\n ";
    let args = serde_json::json!({ "limit": 5, name: "x\u{1b}[2K" }).to_string();
    let call = crm_request("crm.read", "accounts/emea/42", &args);
    let chain = present_for(mint(first()), &planner(), &call);
    let decision = verifier().decide(shown(&chain), call, now());
    let text = deputize::Report::of(&decision).to_string();
    assert!(text.contains(r#"the argument "li\u{202e}mit\n ""#), "{text}");
    refused(decision, [(Some(0), DenyCode::UnknownArgument)]);
    assert!(Request::new("crm.read", "accounts/ emea/42", "crm.acme.com").is_ok());
}

/// Names of all languages, and blanks between words.
#[test]
fn visible_names_are_not_attacks() {
    for name in [
        "Ren\u{e9}e M\u{fc}ller",
        "\u{65e5}\u{672c}\u{8a9e}",
        "\u{5d0}\u{5d1}",
        "O'Neil & Co. (EU)",
        "🦀",
    ] {
        assert!(Owner::human(name).is_ok(), "{name}");
        assert!(renamed("planner", name).is_allowed(), "{name}");
        assert!(renamed("Q3 account review", name).is_allowed(), "{name}");
        assert!(Capability::new("crm.read", &format!("{name}/**")).is_ok(), "{name}");
        assert!(reading("**", 5).with_arg(name, []).is_ok(), "{name}");
    }
    assert!(decided(&crate::common::presented()).is_allowed());
}
