//! The ratios to the floor against hops, as an SVG.

use std::fs::write;
use std::path::Path;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::colours::{GRID, INK, OURS, PAPER, legible};
use crate::measure::count;
use crate::results::Results;
use crate::story::{Fallible, HOPS};

/// Distinguishable on a light and on a dark page.
const THEIRS: [RGBColor; 4] = [
    RGBColor(0xd1, 0x5f, 0x00),
    RGBColor(0xb3, 0x4f, 0xa0),
    RGBColor(0x1a, 0x93, 0x6f),
    RGBColor(0x80, 0x80, 0x80),
];

const SIZE: (u32, u32) = (820, 460);
const LABELS: u32 = 190;
const LINE: i32 = 18;

/// It takes as long as `tenuo`, and only its text is longer.
const NOT_DRAWN: &str = "tenuo-labelled";

pub(crate) fn draw(results: &Results, path: &Path) -> Fallible<()> {
    let mut svg = String::new();
    lines(results, &mut svg)?;
    write(path, legible(&svg))?;
    Ok(())
}

fn lines(results: &Results, svg: &mut String) -> Fallible<()> {
    let root = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    root.fill(&PAPER)?;
    let text = |size: u32| ("sans-serif", size).into_font().color(&INK);
    let ratios = || results.decisions.iter().map(|row| row.to_floor);
    let least = ratios().fold(1.0, f64::min) / 1.5;
    let most = ratios().fold(1.0, f64::max) * 1.5;
    let last = HOPS.into_iter().max().unwrap_or(1);
    let mut chart = ChartBuilder::on(&root)
        .margin(14)
        .margin_right(LABELS)
        .x_label_area_size(48)
        .y_label_area_size(70)
        .build_cartesian_2d(0.8..count(last), (least..most).log_scale())?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(INK)
        .label_style(text(16))
        .axis_desc_style(text(16))
        .x_labels(9)
        .x_label_formatter(&|hops| format!("{hops:.0}"))
        .y_label_formatter(&|ratio| format!("{ratio}"))
        .x_desc("hops from the owner to the call")
        .y_desc("time to decide, in verify_strict (log scale)")
        .draw()?;
    let floor = [(0.8, 1.0), (count(last), 1.0)];
    chart.draw_series(DashedLineSeries::new(floor, 6, 4, INK.stroke_width(1)))?;

    let mut theirs = THEIRS.into_iter();
    let floor = chart.backend_coord(&(count(last), 1.0));
    let mut ends = vec![(floor, INK, "one verify_strict".to_owned())];
    for system in results.systems().into_iter().filter(|system| *system != NOT_DRAWN) {
        let (colour, width) = if system.starts_with("deputize") {
            (OURS, 3)
        } else {
            (theirs.next().ok_or("more systems than colours")?, 2)
        };
        let points: Vec<(f64, f64)> =
            results.of_system(system).map(|row| (count(row.hops), row.to_floor)).collect();
        let dot = |point: &(f64, f64)| Circle::new(*point, 3, colour.filled());
        chart.draw_series(points.iter().map(dot))?;
        if let Some(end) = points.last() {
            let label = format!("{system} {:.2}", end.1);
            ends.push((chart.backend_coord(end), colour, label));
        }
        chart.draw_series(LineSeries::new(points, colour.stroke_width(width)))?;
    }

    // A label is at the end of its line, or lower if the labels above need the space.
    ends.sort_by_key(|((_, y), ..)| *y);
    let mut free = i32::MIN;
    for ((x, y), colour, label) in ends {
        let at = y.max(free);
        free = at.saturating_add(LINE);
        root.draw(&PathElement::new([(x + 2, y), (x + 14, at)], colour.stroke_width(1)))?;
        let style = text(16).pos(Pos::new(HPos::Left, VPos::Center));
        root.draw(&Text::new(label, (x + 18, at), style))?;
    }
    root.present()?;
    Ok(())
}
