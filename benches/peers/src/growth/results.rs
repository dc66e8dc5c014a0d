//! The figures, one object a line.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use serde_json::{Value, json};
use shared::story::Fallible;

use crate::chain::HOPS;
use crate::memory::Kept;
use crate::series::Series;
use crate::table::{LEAST_R2, LEAST_SCALING, is_met};
use crate::throughput::Throughput;

pub(crate) fn write(
    path: &Path,
    throughput: &[Throughput],
    kept: &[Kept],
    series: &[Series],
) -> Fallible<()> {
    let mut lines = BufWriter::new(File::create(path)?);
    let objects = throughput.iter().map(of_throughput);
    let objects = objects.chain(kept.iter().map(of_kept)).chain(series.iter().flat_map(of_series));
    for object in objects {
        writeln!(lines, "{object}")?;
    }
    Ok(lines.flush()?)
}

fn of_throughput(row: &Throughput) -> Value {
    json!({
        "what": "throughput",
        "system": row.system,
        "hops": HOPS,
        "chains": row.chains,
        "per_second_1_thread": row.one,
        "per_second_2_threads": row.two,
        "to_verify_strict": row.to_floor,
        "scaling_by_clock": row.scaling_wall,
        "scaling_on_cores": row.scaling,
        "met": is_met(row.scaling, LEAST_SCALING),
    })
}

fn of_kept(row: &Kept) -> Value {
    json!({
        "what": "memory",
        "hops": row.hops,
        "text_bytes": row.text_bytes,
        "kept_bytes": row.bytes,
    })
}

fn of_series(series: &Series) -> Vec<Value> {
    let of_curve = |(system, curve): (&str, &crate::series::Curve)| {
        json!({
            "what": "growth",
            "against": series.growing.name(),
            "system": system,
            "points": curve.points,
            "text_bytes": series.text_bytes,
            "start": curve.line.start,
            "slope": curve.line.slope,
            "r2": curve.line.r2,
            "met": is_met(curve.line.r2, LEAST_R2),
        })
    };
    series.curves().into_iter().map(of_curve).collect()
}
