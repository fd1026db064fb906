//! The results: a table to read, and JSON to keep. Of several rounds, the medians.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::{Value, json};

use super::load::Figures;

/// All results of a run.
#[derive(Default)]
pub struct Report {
    pub limits: Vec<Limit>,
    pub lines: Vec<Line>,
}

/// What a database does without the service.
pub struct Limit {
    pub database: &'static str,
    pub what: &'static str,
    /// Connections.
    pub width: usize,
    pub per_second: f64,
}

/// One measurement of the service.
pub struct Line {
    pub database: &'static str,
    pub what: &'static str,
    pub connections: usize,
    pub figures: Figures,
    /// What the database does alone, measured in the same round.
    pub limit: Option<f64>,
    /// The memory of the service.
    pub megabytes: f64,
}

impl Report {
    pub fn print(&self) {
        println!("\n{}\n", machine());
        println!("| database | without a service | width | per second |\n| --- | --- | --: | --: |");
        for limit in self.limits() {
            println!(
                "| {} | {} | {} | {:.0} |",
                words(&limit["database"]),
                words(&limit["what"]),
                limit["width"],
                number(&limit["per_second"])
            );
        }
        println!("\n| database | requests | connections | per second | median | p99 | ratio | MB |");
        println!("| --- | --- | --: | --: | --: | --: | --: | --: |");
        for line in self.lines() {
            println!(
                "| {} | {} | {} | {:.0} | {:.1} ms | {:.1} ms | {} | {:.0} |",
                words(&line["database"]),
                words(&line["what"]),
                line["connections"],
                number(&line["per_second"]),
                number(&line["median_ms"]),
                number(&line["p99_ms"]),
                line["ratio"].as_f64().map_or(String::new(), |ratio| format!("{ratio:.2}")),
                number(&line["resident_megabytes"])
            );
        }
    }

    pub fn write(&self, file: &Path) {
        let report = json!({ "machine": machine(), "limits": self.limits(), "lines": self.lines() });
        fs::write(file, serde_json::to_string_pretty(&report).unwrap() + "\n").unwrap();
    }

    fn limits(&self) -> Vec<Value> {
        let mut told = BTreeSet::new();
        let key = |limit: &Limit| (limit.database, limit.what, limit.width);
        let first = self.limits.iter().filter(|limit| told.insert(key(limit)));
        let line = |limit: &Limit| {
            let same = self.limits.iter().filter(|other| key(other) == key(limit));
            json!({
                "database": limit.database, "what": limit.what, "width": limit.width,
                "per_second": median(same.map(|limit| limit.per_second)),
            })
        };
        first.map(line).collect()
    }

    fn lines(&self) -> Vec<Value> {
        let mut told = BTreeSet::new();
        let key = |line: &Line| (line.database, line.what, line.connections);
        let first = self.lines.iter().filter(|line| told.insert(key(line)));
        let line = |line: &Line| {
            let of = |figure: fn(&Line) -> Option<f64>| {
                let same = self.lines.iter().filter(|other| key(other) == key(line));
                median(same.filter_map(figure))
            };
            json!({
                "database": line.database, "what": line.what, "connections": line.connections,
                "per_second": of(|line| Some(line.figures.per_second)),
                "median_ms": of(|line| Some(line.figures.median_ms)),
                "p99_ms": of(|line| Some(line.figures.p99_ms)),
                "limit_per_second": of(|line| line.limit),
                "ratio": of(|line| line.limit.map(|limit| line.figures.per_second / limit)),
                "resident_megabytes": of(|line| Some(line.megabytes)),
            })
        };
        first.map(line).collect()
    }
}

fn words(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_default()
}

fn median(figures: impl Iterator<Item = f64>) -> Option<f64> {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied()
}

/// The processor, its cores, the memory, the kernel.
pub fn machine() -> String {
    let read = |file: &str| fs::read_to_string(file).unwrap_or_default();
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split(':').nth(1).unwrap_or("unknown").trim().to_owned()
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let kilobytes = field(&read("/proc/meminfo"), "MemTotal");
    let gigabytes =
        kilobytes.split(' ').next().and_then(|kb| kb.parse::<f64>().ok()).unwrap_or_default() / 1_048_576.0;
    let kernel = read("/proc/sys/kernel/osrelease");
    format!(
        "{}, {cores} cores, {gigabytes:.0} GiB, Linux {}",
        field(&read("/proc/cpuinfo"), "model name"),
        kernel.trim()
    )
}
