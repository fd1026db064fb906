//! The results as tables and as JSON: the medians of all rounds.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::{Value, json};

use super::load::Figures;

/// All results of a run.
#[derive(Default)]
pub struct Report {
    pub limits: Vec<Limit>,
    pub measurements: Vec<Measurement>,
}

/// The throughput of a database without the service.
pub struct Limit {
    pub database: &'static str,
    pub what: &'static str,
    pub clients: usize,
    pub per_second: f64,
}

/// One measurement of the service.
pub struct Measurement {
    pub database: &'static str,
    pub what: &'static str,
    pub connections: usize,
    pub figures: Figures,
    /// The throughput of the database without the service, measured in the same round.
    pub limit: Option<f64>,
    /// The resident memory of the service.
    pub megabytes: f64,
}

impl Report {
    pub fn print(&self) {
        println!("\n{}\n", machine());
        println!("| database | without the service | clients | per second |\n| --- | --- | --: | --: |");
        for limit in self.limits() {
            println!(
                "| {} | {} | {} | {:.0} |",
                text(&limit["database"]),
                text(&limit["what"]),
                limit["clients"],
                number(&limit["per_second"])
            );
        }
        println!("\n| database | requests | connections | per second | median | p99 | ratio | MB |");
        println!("| --- | --- | --: | --: | --: | --: | --: | --: |");
        for line in self.measurements() {
            println!(
                "| {} | {} | {} | {:.0} | {:.1} ms | {:.1} ms | {} | {:.0} |",
                text(&line["database"]),
                text(&line["what"]),
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
        let report = json!({ "machine": machine(), "limits": self.limits(), "lines": self.measurements() });
        fs::write(file, serde_json::to_string_pretty(&report).unwrap() + "\n").unwrap();
    }

    fn limits(&self) -> Vec<Value> {
        let mut seen = BTreeSet::new();
        let key = |limit: &Limit| (limit.database, limit.what, limit.clients);
        let first_of_each = self.limits.iter().filter(|limit| seen.insert(key(limit)));
        let with_median = |limit: &Limit| {
            let rounds = self.limits.iter().filter(|other| key(other) == key(limit));
            json!({
                "database": limit.database, "what": limit.what, "clients": limit.clients,
                "per_second": median(rounds.map(|limit| limit.per_second)),
            })
        };
        first_of_each.map(with_median).collect()
    }

    fn measurements(&self) -> Vec<Value> {
        let mut seen = BTreeSet::new();
        let key = |line: &Measurement| (line.database, line.what, line.connections);
        let first_of_each = self.measurements.iter().filter(|line| seen.insert(key(line)));
        let with_medians = |line: &Measurement| {
            let median_of = |figure: fn(&Measurement) -> Option<f64>| {
                let rounds = self.measurements.iter().filter(|other| key(other) == key(line));
                median(rounds.filter_map(figure))
            };
            json!({
                "database": line.database, "what": line.what, "connections": line.connections,
                "per_second": median_of(|line| Some(line.figures.per_second)),
                "median_ms": median_of(|line| Some(line.figures.median_ms)),
                "p99_ms": median_of(|line| Some(line.figures.p99_ms)),
                "limit_per_second": median_of(|line| line.limit),
                "ratio": median_of(|line| line.limit.map(|limit| line.figures.per_second / limit)),
                "resident_megabytes": median_of(|line| Some(line.megabytes)),
            })
        };
        first_of_each.map(with_medians).collect()
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_default()
}

pub fn median(figures: impl Iterator<Item = f64>) -> Option<f64> {
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
