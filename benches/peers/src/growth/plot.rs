//! The cost against each thing that grows, side by side, as an SVG.

use std::fs::write;
use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use shared::colours::{GRID, INK, OURS, PAPER, legible};
use shared::story::Fallible;

use crate::series::Series;

const COLD: RGBColor = RGBColor(0xd1, 0x5f, 0x00);

const SIZE: (u32, u32) = (960, 340);

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

pub(crate) fn draw(all: &[Series], path: &Path) -> Fallible<()> {
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        root.fill(&PAPER)?;
        for (series, area) in all.iter().zip(root.split_evenly((1, all.len()))) {
            panel(series, &area)?;
        }
        root.present()?;
    }
    write(path, legible(&svg))?;
    Ok(())
}

fn panel(series: &Series, area: &Area<'_>) -> Fallible<()> {
    let text = |size: u32| ("sans-serif", size).into_font().color(&INK);
    let points = || series.curves().into_iter().flat_map(|(_, curve)| &curve.points);
    let last = points().map(|(size, _)| *size).fold(1.0, f64::max);
    let most = points().map(|(_, ratio)| *ratio).fold(1.0, f64::max);
    let mut chart = ChartBuilder::on(area)
        .margin(12)
        .x_label_area_size(46)
        .y_label_area_size(54)
        .build_cartesian_2d(0.0..last * 1.03, 0.0..most * 1.15)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(INK)
        .label_style(text(15))
        .axis_desc_style(text(15))
        .x_labels(5)
        .y_labels(7)
        .x_label_formatter(&|size| format!("{size:.0}"))
        .y_label_formatter(&|ratio| format!("{ratio}"))
        .x_desc(series.growing.name())
        .y_desc("time to decide, in verify_strict")
        .draw()?;
    for ((name, curve), colour) in series.curves().into_iter().zip([COLD, OURS]) {
        let dot = |point: &(f64, f64)| Circle::new(*point, 4, colour.filled());
        chart.draw_series(curve.points.iter().map(dot))?;
        let ends = [0.0, last].map(|size| (size, curve.line.at(size)));
        chart.draw_series(LineSeries::new(ends, colour.stroke_width(2)))?;
        // Above the line, where it is high enough for that and not at the edge.
        let at = (last * 0.62, curve.line.at(last * 0.62) + most * 0.06);
        let style = ("sans-serif", 15).into_font().color(&colour);
        let style = style.pos(Pos::new(HPos::Right, VPos::Bottom));
        chart.draw_series([Text::new(name, at, style)])?;
    }
    Ok(())
}
