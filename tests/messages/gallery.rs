//! Writes `target/gallery`, which the real programs of `tests/messages/render` render.

use std::fs;
use std::path::{Path, PathBuf};

use deputize::Report;
use deputize_pages::report_page;
use serde_json::{Value, json};

use crate::common::{hostile, scenes};
use crate::graphs::{read_dot, read_mermaid};
use crate::report_tree::ReportTree;

type Form = fn(&Report) -> String;

/// The formats by file name extension.
const FORMS: [(&str, Form); 6] = [
    ("txt", |report| report.to_string()),
    ("json", |report| report.to_json().unwrap()),
    ("md", Report::to_markdown),
    ("mmd", Report::to_mermaid),
    ("dot", Report::to_dot),
    ("html", report_page),
];

#[test]
fn the_gallery_is_written() {
    let gallery = folder();
    fs::create_dir_all(&gallery).unwrap();
    for entry in fs::read_dir(&gallery).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    let write = |name: &str, report: &Report| {
        for (end, form) in FORMS {
            fs::write(gallery.join(format!("{name}.{end}")), form(report)).unwrap();
        }
        let text = serde_json::to_string_pretty(&expected(report)).unwrap();
        fs::write(gallery.join(format!("{name}.expect.json")), text).unwrap();
    };
    for (name, report) in scenes::all() {
        write(name, &report);
    }
    for (nth, text) in hostile::HOSTILE.into_iter().enumerate() {
        let reports = hostile::reports(nth, text);
        write(&format!("hostile_{nth}_refused"), &reports[0]);
        // The other reports differ little, so a few are enough.
        if nth % 5 == 0 {
            write(&format!("hostile_{nth}_unverified"), &reports[2]);
            write(&format!("hostile_{nth}_policy"), &reports[4]);
        }
    }
    write("right_to_left", &hostile::refused(0, &"שלום ".repeat(28)));
    write("wide", &hostile::refused(0, &"漢".repeat(84)));
    write("longest", &hostile::longest());
}

/// The texts that the rendered report must show.
fn expected(report: &Report) -> Value {
    let tree = ReportTree::of(report);
    let hops = tree.hops.iter().map(|hop| {
        json!({
            "refused": hop.refused,
            "unverified": !hop.mark.is_empty(),
            "purpose": hop.all("purpose").next(),
        })
    });
    let removed = report.hops.iter().flat_map(|hop| &hop.removed);
    json!({
        "verdict": report.to_string().split("\n\n").nth(1).unwrap().split(' ').next(),
        "names": tree.names(),
        "hops": hops.collect::<Vec<_>>(),
        "presented": tree.presentation.is_some(),
        "removed": removed.map(|own| &own.what).collect::<Vec<_>>(),
        "reasons": report.reasons.iter().map(|reason| &reason.message).collect::<Vec<_>>(),
        "mermaid": read_mermaid(&report.to_mermaid()),
        "dot": read_dot(&report.to_dot()),
    })
}

/// Cargo's target directory, also if `CARGO_TARGET_DIR` is set.
fn folder() -> PathBuf {
    let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
    temporary.parent().unwrap().join("gallery")
}
