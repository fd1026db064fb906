//! Limits of connections: how many one network may have, and for how long a client may read nothing.

use std::{
    any::Any,
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use actix_web::{dev::Extensions, rt::net::TcpStream};
use ipnet::IpNet;
use socket2::SockRef;

use super::network::network_of;
#[cfg(any(target_os = "linux", target_os = "android"))]
use crate::domain::limits::STILL_READER;

/// The open connections by network. Of the files that the process may have open, one network gets half at most. Trusted
/// proxies bring many clients, and are exempt.
pub struct Connections {
    most: usize,
    exempt: Vec<IpNet>,
    open: Mutex<HashMap<IpAddr, usize>>,
}

/// A connection that is counted as long as it is open.
struct Counted {
    connections: Arc<Connections>,
    network: IpAddr,
}

impl Connections {
    /// For a process that may have `open_files` files open.
    pub fn new(open_files: u64, exempt: Vec<IpNet>) -> Self {
        let most = usize::try_from(open_files / 2).unwrap_or(usize::MAX);
        Self { most, exempt, open: Mutex::default() }
    }

    /// Counts a new connection, or closes it without an answer.
    pub(super) fn begin(self: &Arc<Self>, connection: &dyn Any, extensions: &mut Extensions) {
        let Some(stream) = connection.downcast_ref::<TcpStream>() else { return };
        let socket = SockRef::from(stream);
        cut_still_reader(&socket);
        let Ok(peer) = stream.peer_addr() else { return };
        match self.count(peer.ip().to_canonical()) {
            Ok(counted) => {
                extensions.insert(counted);
            }
            Err(()) => {
                let _ = socket.shutdown(std::net::Shutdown::Both);
            }
        }
    }

    /// None: the address is exempt. An error: it has too many connections.
    fn count(self: &Arc<Self>, address: IpAddr) -> Result<Option<Counted>, ()> {
        if self.exempt.iter().any(|network| network.contains(&address)) {
            return Ok(None);
        }
        let network = network_of(address);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(network).or_default();
        if *count >= self.most {
            return Err(());
        }
        *count += 1;
        Ok(Some(Counted { connections: Arc::clone(self), network }))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut open = self.connections.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.network);
            }
        }
    }
}

/// The kernel ends the connection of a client that takes nothing of what was sent to it.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn cut_still_reader(socket: &SockRef<'_>) {
    let _ = socket.set_tcp_user_timeout(Some(STILL_READER));
}

/// Other systems have no such time limit.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const fn cut_still_reader(_: &SockRef<'_>) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_has_half_of_the_open_files_and_a_proxy_more() {
        let connections = Arc::new(Connections::new(7, vec!["10.0.0.0/8".parse().unwrap()]));
        let count = |address: &str| connections.count(address.parse().unwrap());
        let mut open: Vec<_> = (0..3).map(|host| count(&format!("2001:db8::{host}")).unwrap()).collect();
        assert!(count("2001:db8::9").is_err(), "all addresses of a network count together");
        assert!(count("2001:db8:0:1::9").is_ok());
        for _ in 0..9 {
            assert!(count("10.0.0.7").is_ok_and(|counted| counted.is_none()));
        }
        open.pop();
        open.push(count("2001:db8::9").unwrap());
        assert!(count("2001:db8::9").is_err());
        drop(open);
        assert!(connections.open.lock().unwrap().is_empty());
    }
}
