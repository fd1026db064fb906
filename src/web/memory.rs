//! A budget of memory for the bodies of all requests together. A body waits for its share; after a while the answer is 503
//! with `Retry-After`. One network gets a part of the budget at most, so that it cannot use up everything.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use actix_web::{HttpMessage, HttpRequest, http::header, web};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::{Code, Problem, Site};
use crate::domain::limits::{MEMORY_OF_BODIES, MEMORY_OF_NETWORK, MEMORY_OF_PARSERS};

/// How long a body waits.
const WAIT: Duration = Duration::from_secs(5);
/// Seconds until a refused caller may try again.
const RETRY_AFTER: &str = "5";
/// The budget is counted in pieces of this size.
const PIECE: usize = 1024;

/// The budget.
pub struct Memory {
    all: Arc<Semaphore>,
    /// For parsing. A budget of its own: bodies that wait for it keep their share of the other, so with one budget they
    /// would wait for each other.
    parsing: Arc<Semaphore>,
    of_networks: Mutex<HashMap<String, Arc<Semaphore>>>,
}

/// What a request has reserved, until it is answered.
#[derive(Default)]
struct Reserved(Vec<OwnedSemaphorePermit>);

impl Default for Memory {
    fn default() -> Self {
        let budget = |bytes| Arc::new(Semaphore::new(bytes / PIECE));
        Self {
            all: budget(MEMORY_OF_BODIES),
            parsing: budget(MEMORY_OF_PARSERS),
            of_networks: Mutex::default(),
        }
    }
}

impl Memory {
    async fn reserve_for_parsing(&self, pieces: u32) -> Option<[OwnedSemaphorePermit; 1]> {
        Some([Arc::clone(&self.parsing).acquire_many_owned(pieces).await.ok()?])
    }

    /// Waits for the network's part first, so that a network that has used it up does not hold the others'.
    async fn reserve(&self, network: &str, pieces: u32) -> Option<[OwnedSemaphorePermit; 2]> {
        let own = self.of_network(network).acquire_many_owned(pieces).await.ok()?;
        let all = Arc::clone(&self.all).acquire_many_owned(pieces).await.ok()?;
        Some([own, all])
    }

    fn of_network(&self, network: &str) -> Arc<Semaphore> {
        let mut networks = self.of_networks.lock().unwrap_or_else(PoisonError::into_inner);
        if !networks.contains_key(network) {
            networks.retain(|_, part| Arc::strong_count(part) > 1);
        }
        let part = networks.entry(network.to_owned());
        Arc::clone(part.or_insert_with(|| Arc::new(Semaphore::new(MEMORY_OF_NETWORK / PIECE))))
    }
}

/// Reserves so many bytes for the body until the request is answered.
pub(super) async fn reserve(request: &HttpRequest, bytes: usize) -> Result<(), Problem> {
    let Some(site) = request.app_data::<web::Data<Site>>() else { return Ok(()) };
    let network = site.network_of(request);
    keep(request, timeout(WAIT, site.memory.reserve(&network, pieces(bytes))).await.ok().flatten())
}

/// Reserves so many bytes for parsing the body, until the request is answered.
pub(super) async fn reserve_for_parsing(request: &HttpRequest, bytes: usize) -> Result<(), Problem> {
    let Some(site) = request.app_data::<web::Data<Site>>() else { return Ok(()) };
    keep(request, timeout(WAIT, site.memory.reserve_for_parsing(pieces(bytes))).await.ok().flatten())
}

fn pieces(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(PIECE)).unwrap_or(u32::MAX)
}

fn keep(
    request: &HttpRequest,
    permits: Option<impl IntoIterator<Item = OwnedSemaphorePermit>>,
) -> Result<(), Problem> {
    let Some(permits) = permits else {
        let busy = Problem::new(Code::Busy).caused_by("the memory for requests is used up");
        return Err(busy.with_header(header::RETRY_AFTER, RETRY_AFTER));
    };
    let mut extensions = request.extensions_mut();
    let mut reserved = extensions.remove::<Reserved>().unwrap_or_default();
    reserved.0.extend(permits);
    extensions.insert(reserved);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn a_network_gets_its_part_and_all_together_the_budget() {
        let memory = Memory::default();
        let part = (MEMORY_OF_NETWORK / PIECE) as u32;
        let now = async |network: &str, pieces| {
            timeout(Duration::ZERO, memory.reserve(network, pieces)).await.ok().flatten()
        };
        let first = now("a", part).await.unwrap();
        assert!(now("a", 1).await.is_none(), "the network has its part");
        let mut others = Vec::new();
        for network in 1..MEMORY_OF_BODIES / MEMORY_OF_NETWORK {
            others.push(now(&network.to_string(), part).await.unwrap());
        }
        assert!(now("z", 1).await.is_none(), "the budget is used up");
        drop(first);
        assert!(now("z", 1).await.is_some() && now("a", 1).await.is_some());
        drop(others);
        let _kept = now("y", 1).await;
        assert_eq!(memory.of_networks.lock().unwrap().len(), 1, "networks without requests are forgotten");
    }
}
