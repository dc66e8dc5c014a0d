//! Names, operations and arguments that a stranger chose.

use deputize::PrincipalKind;
use deputize_pages::{Activity, Caller, activity_page};

use crate::cast::{deed, log, party};
use crate::html_reader::{read, shapes};

pub(crate) const TEXTS: [&str; 14] = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\" onmouseover=\"alert(1)",
    "</title></text></svg><svg onload=alert(1)>",
    "</style><style>*{display:none}</style>",
    "--> <!-- ]]>",
    "&lt;script&gt;",
    "alice\n✗ refused",
    "\u{202e}gnp.exe\u{2066}",
    "a\u{200b}b\u{feff}c\u{2060}d\u{ad}e",
    "\u{1b}[2K\u{7}",
    "שלום עליכם",
    "allowed",
    "…",
];

/// Every text that the page shows is `text`.
pub(crate) fn activity(text: &str) -> Activity {
    let mut activity = Activity::new(log()).with_filter("agent", text);
    for record in 0..3 {
        let mut own = deed(record, 0, Vec::new());
        let agents =
            vec![party(text, PrincipalKind::Agent, 60), party(text, PrincipalKind::Service, 61)];
        let owner = party(text, PrincipalKind::Organization, 62);
        own.caller = Caller::Holder { owner, agents, replay_checked: false };
        let all = || Some(text.to_owned());
        (own.audience, own.operation, own.resource) = (all(), all(), all());
        own.args = serde_json::json!({ text: text }).to_string();
        activity.add(&own);
    }
    activity
}

#[test]
fn no_text_is_markup() {
    let harmless = shapes(&read(&activity_page(&activity("harmless"))));
    for text in TEXTS {
        let page = activity_page(&activity(text));
        assert_eq!(shapes(&read(&page)), harmless, "{text}");
    }
}

#[test]
fn no_text_is_invisible_or_reads_as_words_of_the_page() {
    for text in TEXTS {
        let page = activity_page(&activity(text));
        let hidden = page.chars().find(|c| *c != '\n' && deputize::text::is_invisible(*c));
        assert_eq!(hidden, None, "{text}");
    }
    // A name that is a word of reports is in quotes, in the table and in the drawing.
    assert!(activity_page(&activity("allowed")).matches("&quot;allowed&quot;").count() > 10);
}

#[test]
fn a_long_text_is_cut_and_says_so() {
    let page = activity_page(&activity(&"x".repeat(10_000)));
    assert!(page.len() < 40_000, "{}", page.len());
    assert!(page.contains("x…"));
}
