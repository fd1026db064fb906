//! A proxy in front of PostgreSQL servers, which can cut, freeze and redirect connections.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard},
    thread,
};

use url::Url;

/// A proxy. Clones share it.
#[derive(Clone)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    thawed: Condvar,
}

struct State {
    target: SocketAddr,
    is_cut: bool,
    /// Connections with a lower number are frozen.
    frozen: usize,
    accepted: usize,
    open: Vec<TcpStream>,
}

impl Proxy {
    /// A proxy to the server of this URL.
    pub fn to(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = address(server);
        let state = State { target, is_cut: false, frozen: 0, accepted: 0, open: Vec::new() };
        let shared = Arc::new(Shared { state: Mutex::new(state), thawed: Condvar::new() });
        let proxy = Self { address: listener.local_addr().unwrap(), shared: Arc::clone(&shared) };
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let mut state = shared.state.lock().unwrap();
                let number = state.accepted;
                state.accepted += 1;
                match TcpStream::connect(state.target) {
                    Ok(upstream) if !state.is_cut => {
                        forward(&shared, number, &client, &upstream);
                        forward(&shared, number, &upstream, &client);
                        state.open.extend([client, upstream]);
                    }
                    _ => drop(client),
                }
            }
        });
        proxy
    }

    /// The URL of a database through the proxy.
    pub fn through(&self, database: &str) -> String {
        let mut url: Url = database.parse().unwrap();
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(self.address.port())).unwrap();
        url.to_string()
    }

    /// Closes every connection and accepts no new ones.
    pub fn cut(&self) {
        let mut state = self.state();
        state.is_cut = true;
        state.close_all();
    }

    /// Accepts connections again.
    pub fn restore(&self) {
        self.state().is_cut = false;
    }

    /// Keeps what is sent, in both directions, and closes nothing.
    pub fn freeze(&self) {
        self.state().frozen = usize::MAX;
    }

    /// Forwards again.
    pub fn thaw(&self) {
        self.state().frozen = 0;
        self.shared.thawed.notify_all();
    }

    /// Closes every connection; new ones lead to another server.
    pub fn redirect(&self, server: &str) {
        let mut state = self.state();
        state.target = address(server);
        state.close_all();
    }

    /// Never forwards on the present connections again, and closes none of them; new ones lead to another server.
    pub fn abandon_for(&self, server: &str) {
        let mut state = self.state();
        state.frozen = state.accepted;
        state.target = address(server);
        self.shared.thawed.notify_all();
    }

    /// Closes the open connections when the result is dropped: a reading that waits on one of them would never end.
    #[must_use]
    pub fn close_at_the_end(&self) -> impl Drop + use<> {
        struct Close(Proxy);
        impl Drop for Close {
            fn drop(&mut self) {
                self.0.state().close_all();
            }
        }
        Close(self.clone())
    }

    /// How many connections it has accepted so far.
    pub fn accepted(&self) -> usize {
        self.state().accepted
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap()
    }
}

impl State {
    fn close_all(&mut self) {
        for stream in self.open.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn address(server: &str) -> SocketAddr {
    let server: Url = server.parse().unwrap();
    server.socket_addrs(|| Some(5432)).unwrap()[0]
}

fn forward(shared: &Arc<Shared>, number: usize, from: &TcpStream, to: &TcpStream) {
    let (from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
    let shared = Arc::clone(shared);
    thread::spawn(move || {
        let _ = copy(&shared, number, from, &to);
        let _ = to.flush();
        let _ = to.shutdown(Shutdown::Both);
    });
}

fn copy(shared: &Shared, number: usize, mut from: TcpStream, mut to: &TcpStream) -> io::Result<()> {
    let mut buffer = [0; 16 * 1024];
    loop {
        let length = from.read(&mut buffer)?;
        let state = shared.state.lock().unwrap();
        drop(shared.thawed.wait_while(state, |state| number < state.frozen).unwrap());
        if length == 0 {
            return Ok(());
        }
        to.write_all(&buffer[..length])?;
    }
}
