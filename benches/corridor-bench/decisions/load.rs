//! Connections that ask for decisions as fast as they are answered. Requests are put together beforehand and answers
//! read by hand, since what this costs is taken from the service that it measures.

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::{Mutex, PoisonError},
    thread,
    time::Instant,
};

use super::site::Service;

/// What was seen.
pub struct Figures {
    pub per_second: f64,
    pub median_ms: f64,
    pub p99_ms: f64,
}

/// Endorses all the cases; every answer must be 200.
pub fn endorse(service: &Service, cases: Vec<String>, connections: usize) -> Figures {
    let count = cases.len();
    let waiting = Mutex::new(cases);
    let took = Mutex::new(Vec::with_capacity(count));
    let began = Instant::now();
    thread::scope(|scope| {
        for _ in 0..connections {
            scope.spawn(|| {
                let mut stream = TcpStream::connect(service.address).unwrap();
                stream.set_nodelay(true).unwrap();
                let mut own = Vec::new();
                let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).pop();
                while let Some(case) = next() {
                    let asked = Instant::now();
                    ask(&mut stream, &request(&case, &service.token));
                    own.push(asked.elapsed().as_secs_f64() * 1000.0);
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

fn request(case: &str, token: &str) -> String {
    let body = r#"{"action":"endorse"}"#;
    format!(
        "POST /api/v1/applications/{case}/actions HTTP/1.1\r\nHost: corridor.test\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn ask(stream: &mut TcpStream, request: &str) {
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::with_capacity(8192);
    let mut chunk = [0; 8192];
    loop {
        let read = stream.read(&mut chunk).unwrap();
        assert!(read > 0, "the service hung up");
        answer.extend_from_slice(&chunk[..read]);
        let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = std::str::from_utf8(&answer[..end]).unwrap().to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        if answer.len() >= end + 4 + length.parse::<usize>().unwrap() {
            let text = || String::from_utf8_lossy(&answer).into_owned();
            assert!(head.starts_with("http/1.1 200"), "{}", text());
            return;
        }
    }
}
