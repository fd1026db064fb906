//! Runs the service and sends requests to it. Requests are built in advance and responses are parsed by hand, because
//! this process competes with the service for CPU time.

use std::{
    fs,
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    process::{Child, Command, Stdio},
    time::Duration,
};

use corridor::workflow::people::create_client::ClientCredentials;
use serde_json::Value;

/// An instance of the service. Dropping it kills the process.
pub struct Service {
    process: Child,
    pub address: SocketAddr,
}

impl Service {
    /// Runs a `corridor serve --json …` command, and waits until the service listens.
    pub fn start(serve: &mut Command) -> Self {
        let mut process = serve.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
        let line = lines.find(|line| line.contains("\"listen\"")).unwrap();
        Self { process, address: line.split('"').nth(3).unwrap().parse().unwrap() }
    }

    /// An access token for an API client.
    pub fn token(&self, credentials: &ClientCredentials) -> String {
        self.try_token(credentials).unwrap()
    }

    /// The same, but the request may fail.
    pub fn try_token(&self, credentials: &ClientCredentials) -> Result<String, ureq::Error> {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", &credentials.client_id),
            ("client_secret", &credentials.client_secret),
        ];
        let mut response = ureq::post(format!("http://{}/api/v1/token", self.address)).send_form(form)?;
        let response: Value = response.body_mut().read_json()?;
        Ok(response["access_token"].as_str().unwrap_or_default().to_owned())
    }

    /// The process.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Kills the process with SIGKILL.
    pub fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Resident memory in megabytes: now, and the maximum so far.
    pub fn resident_megabytes(&self) -> (f64, f64) {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap_or_default();
        let megabytes = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name)).unwrap_or_default();
            line.split_whitespace().nth(1).and_then(|kb| kb.parse::<f64>().ok()).unwrap_or_default() / 1024.0
        };
        (megabytes("VmRSS"), megabytes("VmHWM"))
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The text of an HTTP request.
#[derive(Clone)]
pub struct Request(String);

impl Request {
    pub fn get(path: &str, token: &str) -> Self {
        Self(format!("GET {path} HTTP/1.1\r\nHost: corridor.test\r\nAuthorization: Bearer {token}\r\n\r\n"))
    }

    pub fn post(path: &str, token: &str, body: &Value) -> Self {
        Self::with_body("POST", path, token, body)
    }

    /// A change that applies only to this version.
    pub fn patch(path: &str, token: &str, version: i64, body: &Value) -> Self {
        Self::with_body("PATCH", path, &format!("{token}\r\nIf-Match: \"{version}\""), body)
    }

    /// An action on a case.
    pub fn action(case: &str, token: &str, body: &Value) -> Self {
        Self::post(&format!("/api/v1/applications/{case}/actions"), token, body)
    }

    fn with_body(method: &str, path: &str, token: &str, body: &Value) -> Self {
        let body = body.to_string();
        Self(format!(
            "{method} {path} HTTP/1.1\r\nHost: corridor.test\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ))
    }
}

/// An HTTP response.
pub struct Response {
    pub status: u16,
    body: Vec<u8>,
}

impl Response {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The body, if the status is the expected one; fails otherwise.
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        self.json()
    }
}

/// A persistent connection.
pub struct Connection(TcpStream);

impl Connection {
    pub fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        // A response takes this long only if the service has disappeared without closing the connection.
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        Ok(Self(stream))
    }

    /// Sends a request and reads the response. Fails if the response is missing or incomplete.
    pub fn send(&mut self, request: &Request) -> io::Result<Response> {
        self.0.write_all(request.0.as_bytes())?;
        let mut response = Vec::with_capacity(8192);
        let mut chunk = [0; 8192];
        loop {
            let read = self.0.read(&mut chunk)?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            response.extend_from_slice(&chunk[..read]);
            let Some(end) = response.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
            let head = String::from_utf8_lossy(&response[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.and_then(|length| length.parse().ok()).unwrap_or_default();
            if response.len() >= end + 4 + length {
                let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_default();
                return Ok(Response { status, body: response.split_off(end + 4) });
            }
        }
    }
}
