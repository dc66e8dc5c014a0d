//! The colours of the plot: legible on a light page and on a dark one.

use plotters::style::RGBColor;

pub(crate) const PAPER: RGBColor = RGBColor(0xff, 0xff, 0xff);
pub(crate) const INK: RGBColor = RGBColor(0x1f, 0x23, 0x28);
pub(crate) const GRID: RGBColor = RGBColor(0xd1, 0xd9, 0xe0);
pub(crate) const OURS: RGBColor = RGBColor(0x09, 0x69, 0xda);

/// The replacements on a dark page.
const DARK: [(&str, &str); 4] = [
    ("#FFFFFF", "#0D1117"),
    ("#1F2328", "#E6EDF3"),
    ("#D1D9E0", "#30363D"),
    ("#0969DA", "#4493F8"),
];

/// A style sheet overrides attributes, and can depend on the colour scheme of the page.
#[must_use]
pub(crate) fn legible(svg: &str) -> String {
    let rule = |(light, dark): (&str, &str)| {
        format!("[fill=\"{light}\"]{{fill:{dark}}}[stroke=\"{light}\"]{{stroke:{dark}}}")
    };
    let rules: String = DARK.into_iter().map(rule).collect();
    let style = format!("<style>@media (prefers-color-scheme:dark){{{rules}}}</style>");
    match svg.split_once('>') {
        Some((head, rest)) => format!("{head}>\n{style}{rest}"),
        None => svg.to_owned(),
    }
}
