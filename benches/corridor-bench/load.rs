//! Sends requests over several connections, each as fast as it is answered.

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

/// Sends all requests over this many connections. Every answer must be 200.
pub fn ask_all(address: SocketAddr, requests: Vec<Request>, connections: usize) -> Figures {
    let count = requests.len();
    let waiting = Mutex::new(requests);
    let took = Mutex::new(Vec::with_capacity(count));
    let began = Instant::now();
    thread::scope(|scope| {
        for _ in 0..connections {
            scope.spawn(|| {
                let mut connection = Connection::open(address).unwrap();
                let mut own = Vec::new();
                let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).pop();
                while let Some(request) = next() {
                    let asked = Instant::now();
                    let answer = connection.ask(&request).unwrap();
                    own.push(asked.elapsed().as_secs_f64() * 1000.0);
                    assert_eq!(answer.status, 200, "{}", answer.json());
                }
                took.lock().unwrap_or_else(PoisonError::into_inner).extend(own);
            });
        }
    });
    let elapsed = began.elapsed().as_secs_f64();
    let mut took = took.into_inner().unwrap_or_else(PoisonError::into_inner);
    took.sort_by(f64::total_cmp);
    let at = |part: f64| took[((took.len() as f64 * part) as usize).min(took.len() - 1)];
    Figures { per_second: count as f64 / elapsed, median_ms: at(0.5), p99_ms: at(0.99) }
}
