//! How this crate bears load: decisions per second, memory of what is cached, and cost as chains
//! grow.
//!
//! `bash benches/peers/run growth` prints the tables; the arguments are where the figures and the
//! plot go.

mod fit;
mod chain;
mod many;
mod memory;
mod throughput;
mod series;
mod table;
mod results;
mod plot;

use std::env::args_os;
use std::path::PathBuf;

use shared::story::Fallible;
use shared::tell;
use time::OffsetDateTime;

fn main() -> Fallible<()> {
    let mut paths = args_os().skip(1).map(PathBuf::from);
    let (Some(figures), Some(plot)) = (paths.next(), paths.next()) else {
        return Err("say where the figures and the plot go".into());
    };
    // All is made and decided at one instant, so that nothing is over before it is measured.
    let now = OffsetDateTime::now_utc();
    let series = series::series(now)?;
    let kept = memory::kept(now)?;
    let throughput = throughput::throughput(now)?;
    tell(format_args!("done\n"));
    table::print_throughput(&throughput);
    table::print_kept(&kept);
    table::print_series(&series);
    results::write(&figures, &throughput, &kept, &series)?;
    plot::draw(&series, &plot)
}
