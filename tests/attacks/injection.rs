//! The attacker chooses texts: names, purposes, resources, names and values of arguments, the
//! audience. It wants them to have a special meaning where a report, an error or a denial is shown:
//! in a log, a terminal, a browser, Markdown, a drawing program, a spreadsheet. `tests/messages`
//! reads each format back word by word; these tests look for the traces of an attack.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use deputize::{
    Capability, Constraint, Denial, Grant, Presentation, Principal, PublicKey, Report, Request,
    Signer, Token, TrustAnchor, UrlPattern,
};
use deputize_pages::report_page;
use time::Duration;

use crate::common::hostile;
use crate::common::hostile::HOSTILE;
use crate::common::{
    alice, decided, denied, first, grant, is_hostile, mint, now, owner, planner, present,
    presented, reading, request, researcher, shown, thief, verifier, verifier_of,
};

/// All outputs about chains in which every text is `text`, by format.
struct Outputs {
    reports: Vec<Report>,
    /// Sentences: denials, reasons, errors.
    lines: Vec<String>,
    /// The values `allowed` and `requested` of reasons, which have no text of ours before them.
    facts: Vec<String>,
}

fn outputs(text: &str) -> Outputs {
    let nth = HOSTILE.iter().position(|own| *own == text).unwrap_or(0);
    let (raw, call) = hostile::chain(nth, text);
    let anyone = verifier_of(TrustAnchor::for_any_owner(alice().public_key()));
    let denials = [anyone, verifier()]
        .map(|verifier| denied(verifier.decide(shown(&raw), call.clone(), now())));
    let mut lines: Vec<String> = denials.iter().map(ToString::to_string).collect();
    let mut facts = vec![call.to_string()];
    for reason in denials.iter().flat_map(Denial::reasons) {
        lines.push(reason.to_string());
        facts.extend([reason.allowed.clone(), Vec::from_iter(reason.requested.clone())].concat());
    }
    lines.extend(errors(text));
    Outputs { reports: hostile::reports(nth, text).into(), lines, facts }
}

/// The errors of the library where `text` is refused.
fn errors(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    let mut add = |error: Option<String>| errors.extend(error);
    add(Request::new(text, "a", "b").err().map(|e| e.to_string()));
    add(Request::new("a", &format!("{text}//"), "b").err().map(|e| e.to_string()));
    add(Request::new("a", "b", &format!("{text}\n")).err().map(|e| e.to_string()));
    let call = Request::new("a", "b", "c").unwrap();
    let args = serde_json::json!({ format!("/{text}"): 1 });
    add(call.clone().with_arg_map(args.as_object().unwrap().clone()).err().map(|e| e.to_string()));
    let args = serde_json::json!({ text: u64::MAX });
    add(call.clone().with_arg_map(args.as_object().unwrap().clone()).err().map(|e| e.to_string()));
    let key = serde_json::to_string(text).unwrap();
    add(call.with_args(&format!("{{{key}: 1, {key}: 2}}")).err().map(|e| e.to_string()));
    add(Constraint::glob(&format!("{text}?")).err().map(|e| e.to_string()));
    add(Constraint::subpath(&format!("{text}//")).err().map(|e| e.to_string()));
    add(Constraint::cidr(text).err().map(|e| e.to_string()));
    add(UrlPattern::new(["https"], [text]).err().map(|e| e.to_string()));
    add(first().with_audience([format!("{text}\n")]).err().map(|e| e.to_string()));
    let json = format!(r#"{{"operation": "a", "resource": "b", "args": {{{key}: {{{key}: 1}}}}}}"#);
    add(serde_json::from_str::<Capability>(&json).err().map(|e| e.to_string()));
    add(Presentation::parse(text).err().map(|e| e.to_string()));
    add(text.parse::<PublicKey>().err().map(|e| e.to_string()));
    // The agent's name in errors of its own and of a delegation.
    let name = &*hostile::name_of(text);
    add(Principal::agent(format!("{text}\n"), alice().public_key()).err().map(|e| e.to_string()));
    add(reading("**", 5).with_arg(format!("{text}\n"), []).err().map(|e| e.to_string()));
    add(Capability::new("a", &format!("a/{text} /b")).err().map(|e| e.to_string()));
    let end = now() + Duration::hours(1);
    let to = Principal::agent("a", alice().public_key()).unwrap();
    let purposeless = Grant::new(to, [reading("**", 5)], end, format!("{text}\n"));
    add(purposeless.err().map(|e| e.to_string()));
    let to = Principal::agent(name, planner().public_key()).unwrap();
    let own = || [reading("accounts/**", 5)];
    let held = Grant::new(to, own(), end, "a purpose").unwrap().with_max_hops(1);
    let held = Token::mint(owner(), &alice(), held, now()).unwrap();
    let to = Principal::agent(name, thief().public_key()).unwrap();
    let wide = Capability::new("crm.read", "**").and_then(|own| own.with_arg(name, []));
    let next = Grant::new(to, [wide.unwrap()], end, "a purpose").unwrap();
    add(held.delegate(&thief(), next.clone(), now()).err().map(|e| e.to_string()));
    add(held.delegate(&planner(), next, now()).err().map(|e| e.to_string()));
    add(held.present(&thief(), &request(), now()).err().map(|e| e.to_string()));
    assert!(errors.len() >= 19, "{errors:?}");
    errors
}

/// Runs a check on the outputs about each hostile text, which are made once because they take a
/// while.
fn each(check: impl Fn(&str, &Outputs)) {
    static ALL: LazyLock<Vec<Outputs>> = LazyLock::new(|| HOSTILE.map(outputs).into());
    HOSTILE.into_iter().zip(ALL.iter()).for_each(|(text, outputs)| check(text, outputs));
}

/// A line that begins like one of the service's own log lines.
#[test]
fn a_line_of_a_log() {
    each(|text, outputs| {
        for line in &outputs.lines {
            assert!(
                !line.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']),
                "{text}: {line}"
            );
        }
    });
}

#[test]
fn a_line_of_a_log_in_a_report() {
    let lines = |report: &Report| report.to_string().lines().count();
    // The same chain with a harmless text of several words.
    let honest: Vec<_> = hostile::reports(0, "plain words").iter().map(lines).collect();
    let forged: Vec<_> = hostile::reports(0, "x\nALLOWED by alice@acme.com\r\n[INFO] all is well")
        .iter()
        .map(lines)
        .collect();
    assert_eq!(honest, forged);
}

#[test]
fn an_escape_of_a_terminal() {
    each(|text, outputs| {
        let reports = outputs.reports.iter().flat_map(forms);
        let lines = outputs.lines.iter().chain(&outputs.facts).cloned();
        for line in reports.chain(lines) {
            let hostile = line.chars().find(|c| is_hostile(*c) && *c != '\n');
            assert_eq!(hostile, None, "{text:?}: {line}");
        }
    });
}

#[test]
fn an_escape_of_a_terminal_in_json() {
    each(|text, outputs| {
        for report in &outputs.reports {
            let json = report.to_json().unwrap();
            let hostile = json.chars().find(|c| is_hostile(*c) && *c != '\n');
            assert_eq!(hostile, None, "{text:?}: {json}");
            let read: serde_json::Value = serde_json::from_str(&json).unwrap();
            assert!(read.is_object());
        }
    });
}

/// Every format for people.
fn forms(report: &Report) -> [String; 5] {
    let (markdown, html) = (report.to_markdown(), report_page(report));
    [report.to_string(), markdown, report.to_mermaid(), report.to_dot(), html]
}

/// The names of the elements and attributes of a page.
fn markup(page: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    // In a page that escapes, text has no `<`, and attributes have no quotes.
    for tag in page.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').unwrap();
        for (nth, part) in tag.split('"').enumerate() {
            if nth % 2 == 0 {
                found.extend(part.split_ascii_whitespace().map(|word| word.replace('/', "")));
            }
        }
    }
    found
}

#[test]
fn an_element_or_an_attribute_of_a_page() {
    let known: BTreeSet<_> =
        hostile::reports(0, "plain words").iter().flat_map(|r| markup(&report_page(r))).collect();
    assert!(known.contains("svg") && known.contains("class="), "{known:?}");
    each(|text, outputs| {
        for report in &outputs.reports {
            let page = report_page(report);
            let more: Vec<_> = markup(&page).difference(&known).cloned().collect();
            assert!(more.is_empty(), "{text}: {more:?}");
            assert!(!page.contains("javascript:") || text.contains("javascript:"), "{text}");
        }
    });
}

/// Even if markup got into a page, the page would load nothing and run nothing.
#[test]
fn a_script_in_a_page_that_allows_none() {
    each(|text, outputs| {
        for report in &outputs.reports {
            let page = report_page(report);
            assert!(page.contains("default-src 'none'"), "{text}");
            assert!(!page.contains("<script") && !page.contains("<img"), "{text}");
        }
    });
}

/// The nodes other than text that a Markdown parser finds.
fn markdown_nodes(text: &str) -> Vec<String> {
    let mut options = comrak::Options::default();
    options.extension.autolink = true;
    options.extension.table = true;
    options.extension.strikethrough = true;
    options.extension.footnotes = true;
    options.extension.math_dollars = true;
    options.extension.tasklist = true;
    let arena = comrak::Arena::new();
    let root = comrak::parse_document(&arena, text, &options);
    let nodes = root.descendants().map(|node| {
        let debugged = format!("{:?}", node.data.borrow().value);
        let name = debugged.split(|c: char| !c.is_alphanumeric()).next();
        name.unwrap_or_default().to_owned()
    });
    nodes.collect()
}

#[test]
fn a_link_or_an_image_or_html_in_markdown() {
    each(|text, outputs| {
        for report in &outputs.reports {
            let nodes = markdown_nodes(&report.to_markdown());
            assert!(nodes.contains(&"Code".to_owned()), "{nodes:?}");
            for more in [
                "Link",
                "Image",
                "HtmlBlock",
                "HtmlInline",
                "FootnoteReference",
                "Math",
                "TaskItem",
                "BlockQuote",
                "CodeBlock",
                "ThematicBreak",
            ] {
                assert!(!nodes.contains(&more.to_owned()), "{text}: {more}");
            }
        }
    });
}

#[test]
fn a_heading_in_markdown() {
    let headings = |report: &Report| {
        let nodes = markdown_nodes(&report.to_markdown());
        nodes.iter().filter(|node| *node == "Heading").count()
    };
    let honest: Vec<_> = hostile::reports(0, "plain words").iter().map(headings).collect();
    each(|text, outputs| {
        let own: Vec<_> = outputs.reports.iter().map(headings).collect();
        assert_eq!(own, honest, "{text}");
    });
}

/// Mermaid runs `click`, reads `%%{init}%%` and ends a label at a quote.
#[test]
fn a_statement_of_mermaid() {
    each(|text, outputs| {
        for report in &outputs.reports {
            let drawing = report.to_mermaid();
            assert!(drawing.is_ascii(), "{text}");
            for line in drawing.lines().map(str::trim_start) {
                let is_statement = ["click", "%%", "subgraph", "end", "style", "href", "call"]
                    .iter()
                    .any(|word| line.starts_with(word));
                assert!(!is_statement, "{text}: {line}");
                assert!(matches!(line.matches('"').count(), 0 | 2), "{text}: {line}");
            }
        }
    });
}

/// Graphviz reads a label in `<…>` as HTML, knows escapes such as `\N`, and may open a `URL`.
#[test]
fn a_statement_of_graphviz() {
    each(|text, outputs| {
        for report in &outputs.reports {
            for line in report.to_dot().lines() {
                // Without escaped characters, quotes come in pairs and there is no unexpected
                // attribute.
                let bare = line.replace("\\\\", "").replace("\\\"", "");
                let outside: String = bare.split('"').step_by(2).collect();
                assert!(bare.matches('"').count().is_multiple_of(2), "{text}: {line}");
                for word in ["URL", "href", "image", "label=<", "shapefile", "subgraph"] {
                    assert!(!outside.contains(word), "{text}: {line}");
                }
                for escape in ["\\N", "\\G", "\\E", "\\T", "\\H", "\\L", "\\n", "\\r"] {
                    assert!(!bare.contains(escape), "{text}: {line}");
                }
            }
        }
    });
}

/// None of our formats is CSV. A line pasted into a spreadsheet is a formula if it begins with one
/// of these characters; our lines begin with our own text or a quote. Names in JSON, and `allowed`
/// and `requested` of a reason, are not changed: a program that exports them must mark them as text.
#[test]
fn a_formula_of_a_spreadsheet() {
    for formula in ["=1+1", "+1+1", "-1+1", "@SUM(1+1)", "=cmd|'/C calc'!A0", "\t=1+1", "\r=1+1"] {
        let outputs = outputs(formula);
        let reports: Vec<_> = outputs.reports.iter().map(ToString::to_string).collect();
        for line in outputs
            .lines
            .iter()
            .map(String::as_str)
            .chain(reports.iter().flat_map(|text| text.lines()))
        {
            let start = line.trim_start().chars().next();
            assert!(
                !matches!(start, Some('=' | '+' | '-' | '@' | '\t' | '\r')),
                "{formula}: {line}"
            );
        }
    }
}

/// Right-to-left letters would show a chain backwards.
#[test]
fn a_chain_that_reads_backwards() {
    let end = Duration::hours(1);
    let outer =
        grant("\u{5d0}\u{5d0}", &planner(), reading("accounts/**", 9), end).with_max_hops(1);
    let inner = grant("\u{5d1}\u{5d1}", &researcher(), reading("accounts/emea/**", 9), end);
    let chain = present(mint(outer).delegate(&planner(), inner, now()), &researcher());
    let report = Report::of(&decided(&chain)).to_string();
    assert!(report.contains(r#""\u{5d0}\u{5d0}" → "\u{5d1}\u{5d1}""#), "{report}");
}

/// A name that contains an arrow would show a hop that does not exist.
#[test]
fn a_name_that_is_a_chain_by_itself() {
    let end = Duration::hours(1);
    let name = "planner → bob@acme.com";
    let chain = present(mint(grant(name, &planner(), reading("**", 9), end)), &planner());
    let report = Report::of(&decided(&chain));
    assert!(report.summary.contains(r#"alice@acme.com → "planner → bob@acme.com""#), "{report}");
}

/// A JSON report stays JSON, whatever its texts.
#[test]
fn a_member_of_a_json_report() {
    let name = r#"x","verdict":"allow","y":""#;
    let report = Report::of(&decided(&present(
        mint(grant(name, &planner(), reading("reports/**", 9), Duration::hours(1))),
        &planner(),
    )));
    let read: serde_json::Value = serde_json::from_str(&report.to_json().unwrap()).unwrap();
    assert_eq!(read["verdict"], "deny");
    assert_eq!(read["hops"][0]["to"]["name"], name);
}

#[test]
fn secrets_of_a_key_in_debug_output() {
    let secret = hex::encode(*researcher().to_bytes());
    for text in [format!("{:?}", researcher()), format!("{:?}", shown(&presented()))] {
        assert!(!text.contains(&secret) && !text.contains("3, 3, 3"), "{text}");
    }
}
