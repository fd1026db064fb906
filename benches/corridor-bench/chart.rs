//! `chart`: draws an SVG chart from the JSON of `throughput`. A bar is the decisions per second of the service; a mark
//! shows the throughput of the database without the service.

use std::{fmt::Write, fs, path::PathBuf};

use serde_json::Value;

#[derive(clap::Args)]
pub struct Args {
    /// The JSON file that `throughput --json` wrote
    figures: PathBuf,
    /// The SVG file to write
    svg: PathBuf,
}

const WIDTH: f64 = 760.0;
/// Where the bars start, and the length of the longest bar.
const LEFT: f64 = 230.0;
const LONGEST: f64 = 380.0;
const ROW: f64 = 26.0;
const HEAD: f64 = 64.0;

pub fn run(args: &Args) {
    let report: Value = serde_json::from_slice(&fs::read(&args.figures).unwrap()).unwrap();
    fs::write(&args.svg, draw(&report)).unwrap();
}

fn draw(report: &Value) -> String {
    let lines: Vec<&Value> =
        report["lines"].as_array().unwrap().iter().filter(|line| line["ratio"].is_number()).collect();
    let number = |line: &Value, field: &str| line[field].as_f64().unwrap_or_default();
    let values = lines.iter().flat_map(|line| [number(line, "per_second"), number(line, "limit_per_second")]);
    let scale = LONGEST / values.fold(1.0, f64::max);
    let text = |line: &Value, field: &str| line[field].as_str().unwrap_or_default().to_owned();
    let (mut rows, mut y, mut database) = (String::new(), HEAD, String::new());
    for line in &lines {
        if text(line, "database") != database {
            database = text(line, "database");
            y += 18.0;
            writeln!(rows, r#"<text class="database" x="16" y="{y}">{database}</text>"#).unwrap();
            y += 12.0;
        }
        let (length, limit) =
            (number(line, "per_second") * scale, LEFT + number(line, "limit_per_second") * scale);
        let what = text(line, "what").replace("decisions, ", "");
        let connections = number(line, "connections");
        let plural = if connections > 1.0 { "s" } else { "" };
        let (middle, bottom) = (y + 13.0, y + 18.0);
        writeln!(rows, r#"<text x="16" y="{middle}">{what}, {connections} connection{plural}</text>"#)
            .unwrap();
        writeln!(rows, r#"<rect x="{LEFT}" y="{y}" width="{length:.1}" height="18" rx="2"/>"#).unwrap();
        writeln!(rows, r#"<line x1="{limit:.1}" x2="{limit:.1}" y1="{}" y2="{}"/>"#, y - 3.0, bottom + 3.0)
            .unwrap();
        let after = LEFT + length.max(limit - LEFT) + 10.0;
        let (per_second, ratio) = (number(line, "per_second"), number(line, "ratio"));
        writeln!(rows, r#"<text x="{after:.1}" y="{middle}">{per_second:.0}/s · {ratio:.2} ×</text>"#)
            .unwrap();
        y += ROW;
    }
    let machine = text(report, "machine");
    let foot = y + 20.0;
    let height = foot + 16.0;
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="title">
<title id="title">Decisions per second over HTTP, and of the database with the same statements without the service</title>
<style>
  svg {{ background: #fff; font: 13px system-ui, sans-serif; fill: #1d2a33; }}
  .head {{ font-size: 17px; font-weight: 600; }} .database {{ font-weight: 600; }} .quiet {{ fill: #5a6872; }}
  rect {{ fill: #1f6f78; }} line {{ stroke: #c2571a; stroke-width: 2.5; }}
</style>
<text class="head" x="16" y="28">Decisions per second over HTTP</text>
<text class="quiet" x="16" y="50">Mark: the database with the same statements, without the service</text>
{rows}<text class="quiet" x="16" y="{foot}">{machine}</text>
</svg>
"##
    )
}
