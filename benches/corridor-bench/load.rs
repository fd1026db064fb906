//! Sends requests over several connections. Each connection sends the next request as soon as it has a response.

use std::{
    net::SocketAddr,
    sync::{Mutex, PoisonError},
    thread,
    time::Instant,
};

use super::service::{Connection, Request};

/// The result of a measurement.
pub struct Figures {
    pub per_second: f64,
    pub median_ms: f64,
    pub p99_ms: f64,
}

/// Sends all requests over this many connections. Every response must have the status 200.
pub fn send_all(address: SocketAddr, requests: Vec<Request>, connections: usize) -> Figures {
    send_expecting(address, requests, connections, &[200])
}

/// The same with these statuses.
pub fn send_expecting(
    address: SocketAddr,
    requests: Vec<Request>,
    connections: usize,
    statuses: &[u16],
) -> Figures {
    let count = requests.len();
    let queue = Mutex::new(requests);
    let times = Mutex::new(Vec::with_capacity(count));
    let started = Instant::now();
    thread::scope(|scope| {
        for _ in 0..connections {
            scope.spawn(|| {
                let mut connection = Connection::open(address).unwrap();
                let mut own_times = Vec::new();
                let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop();
                while let Some(request) = next() {
                    let sent = Instant::now();
                    let response = connection.send(&request).unwrap();
                    own_times.push(sent.elapsed().as_secs_f64() * 1000.0);
                    assert!(statuses.contains(&response.status), "{}", response.json());
                }
                times.lock().unwrap_or_else(PoisonError::into_inner).extend(own_times);
            });
        }
    });
    let elapsed = started.elapsed().as_secs_f64();
    let mut times = times.into_inner().unwrap_or_else(PoisonError::into_inner);
    times.sort_by(f64::total_cmp);
    let percentile = |share: f64| times[((times.len() as f64 * share) as usize).min(times.len() - 1)];
    Figures { per_second: count as f64 / elapsed, median_ms: percentile(0.5), p99_ms: percentile(0.99) }
}
