use std::{path::PathBuf, time::Instant};

use super::*;
use crate::random;

/// Settings for a service on a free port, in a folder of its own.
pub(crate) fn settings() -> (Settings, PathBuf) {
    let folder = std::env::temp_dir().join(format!("corridor-{}", random::id()));
    let listen = "127.0.0.1:0".parse().unwrap();
    (Settings { listen, data_dir: folder.clone(), workers: Some(1), ..Settings::default() }, folder)
}

/// Status and body of a GET.
async fn get(address: SocketAddr, path: &str) -> (u16, String) {
    let url = format!("http://{address}{path}");
    let fetch = move || {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut response = agent.get(&url).call().unwrap();
        (response.status().as_u16(), response.body_mut().read_to_string().unwrap())
    };
    actix_web::web::block(fetch).await.unwrap()
}

#[actix_web::test]
async fn it_starts_answers_and_stops() {
    let (settings, folder) = settings();
    let running = start(settings, Clock::System, DemoMail::Hidden).await.unwrap();
    let address = running.address;
    assert_eq!(get(address, "/healthz").await, (200, "ok\n".into()));
    assert_eq!(get(address, "/readyz").await.0, 200);
    let (status, page) = get(address, "/").await;
    assert_eq!(status, 200);
    let stylesheet =
        page.split("href=\"").find_map(|rest| rest.split_once("\"")?.0.ends_with(".css").then_some(rest));
    let path = stylesheet.unwrap().split('"').next().unwrap();
    assert_eq!(get(address, path).await.0, 200);

    let began = Instant::now();
    running.stop().await;
    assert!(began.elapsed() < Duration::from_secs(5), "idle connections hold the service up");
    assert!(std::net::TcpStream::connect(address).is_err());
    std::fs::remove_dir_all(folder).unwrap();
}

#[actix_web::test]
async fn a_second_service_on_one_sqlite_file_is_refused() {
    let (settings, folder) = settings();
    let running = start(settings.clone(), Clock::System, DemoMail::Hidden).await.unwrap();
    let second = start(settings.clone(), Clock::System, DemoMail::Hidden).await.err().unwrap();
    assert!(matches!(second, StartError::AlreadyServed(_)), "{second}");
    running.stop().await;
    start(settings, Clock::System, DemoMail::Hidden).await.unwrap().stop().await;
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn every_address_to_listen_on_is_a_url() {
    let plain = |address: &str| plain_url(address.parse().unwrap()).to_string();
    assert_eq!(plain("127.0.0.1:8080"), "http://127.0.0.1:8080/");
    assert_eq!(plain("[::1]:8080"), "http://[::1]:8080/");
    assert_eq!(plain("[fe80::1%2]:8080"), "http://[fe80::1]:8080/");
}
