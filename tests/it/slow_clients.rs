//! Clients that send slowly or stand still hold neither the service's connections nor its memory.

use std::{
    io::{ErrorKind, Read, Write},
    net::{IpAddr, SocketAddr, TcpStream},
    thread,
    time::{Duration, Instant},
};

use flate2::{Compression, write::GzEncoder};
use futures_util::future::join_all;
use serde_json::json;
use socket2::{Domain, Socket, Type};

use crate::world::{
    Case, Limited, PDF, Setup, World,
    http::{Field, Request},
    on_both_databases, on_both_databases_with, with,
};

/// Longer than any time limit of the service.
const LONG: Duration = Duration::from_secs(100);

/// Clients that ask for something and read nothing of the answer, once each has got the beginning.
async fn readers(
    world: &World,
    to: SocketAddr,
    count: usize,
    request: impl Fn(usize) -> String,
) -> Vec<TcpStream> {
    let reader = |number| {
        let mut stream = connect_from("127.0.0.3", to).unwrap();
        stream.write_all(request(number).as_bytes()).unwrap();
        stream
    };
    let readers: Vec<TcpStream> = (0..count).map(reader).collect();
    let has_begun = |reader: &TcpStream| reader.peek(&mut [0]).is_ok_and(|read| read == 1);
    world.until("every reader has the beginning", async || readers.iter().all(has_begun)).await;
    readers
}

/// A connection to the service from this address of the machine.
fn connect_from(from: &str, to: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    // A reader that stands still must not find all of an answer in its buffer.
    socket.set_recv_buffer_size(4096)?;
    socket.bind(&SocketAddr::new(from.parse::<IpAddr>().unwrap(), 0).into())?;
    socket.connect(&to.into())?;
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(LONG))?;
    Ok(stream)
}

/// Reads until the service closes the connection.
fn answer(mut stream: TcpStream) -> String {
    let mut text = Vec::new();
    match stream.read_to_end(&mut text) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        Err(error) => panic!("still open after {LONG:?}: {error}"),
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// The status of an answer, or none if there was no answer.
fn status(answer: &str) -> Option<u16> {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok())
}

#[test]
fn a_body_that_stops_arriving_is_answered_with_408_and_the_connection_closed() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let ada = world.draft(&world.form(&batch, "Ada")).await;
        let token = world.token(&world.sponsor).await;
        let form = "Content-Type: application/x-www-form-urlencoded\r\n";
        let multipart = "Content-Type: multipart/form-data; boundary=b\r\n";
        let part = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n%PDF-1.4";
        let post = |path: &str, headers: &str, body: &str| {
            format!("POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n{headers}\r\n{body}")
        };
        let json = "Content-Type: application/json\r\n";
        let requests = [
            (408, post("/sign-in", &format!("{form}Content-Length: 1000\r\n"), "a")),
            (408, post("/sign-in", &format!("{form}Transfer-Encoding: chunked\r\n"), "1\r\na\r\n")),
            (408, post("/api/v1/token", &format!("{form}Content-Length: 9\r\n"), "")),
            (408, post("/api/v1/applications", &format!("{json}Content-Length: 1000\r\n"), "{")),
            (408, post(&evidence(&ada), &format!("{multipart}Content-Length: 100000\r\n"), part)),
            (408, post(&evidence(&ada), &format!("{multipart}Content-Length: 100000\r\n"), "--b")),
            // Nobody reads these bodies.
            (404, post("/nowhere", &format!("{form}Content-Length: 1000\r\n"), "a")),
            (404, post("/nowhere", &format!("{form}Transfer-Encoding: chunked\r\n"), "1\r\na\r\n")),
            (405, post("/healthz", &format!("{form}Transfer-Encoding: chunked\r\n"), "1\r\na\r\n")),
        ];
        let address = world.address();
        let answered = requests.map(|(expected, request)| {
            thread::spawn(move || {
                let mut stream = connect_from("127.0.0.1", address).unwrap();
                stream.write_all(request.as_bytes()).unwrap();
                (expected, answer(stream), request)
            })
        });
        world.until("all are answered", async || answered.iter().all(|one| one.is_finished())).await;
        for (expected, answer, request) in answered.map(|one| one.join().unwrap()) {
            assert_eq!(status(&answer), Some(expected), "{request:.200}");
            assert!(expected != 408 || answer.contains("10 seconds"), "{answer}");
        }
        assert_eq!(world.files().len(), 0);
    });
}

#[test]
fn a_body_that_arrives_too_slowly_is_answered_with_408() {
    with(Setup::default(), async |world| {
        let address = world.address();
        let drip = thread::spawn(move || {
            let mut stream = connect_from("127.0.0.1", address).unwrap();
            let head = "POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n";
            let head = format!("{head}Content-Type: application/x-www-form-urlencoded\r\n\r\n");
            stream.write_all(head.as_bytes()).unwrap();
            stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
            let mut sent = 0;
            let mut status = [0; 12];
            // Waits for an answer between two bytes.
            while let Err(error) = stream.read_exact(&mut status) {
                assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
                stream.write_all(b"a").unwrap();
                sent += 1;
                assert!(sent < 100, "the service must not wait");
            }
            String::from_utf8_lossy(&status).into_owned()
        });
        world.until("it is answered", async || drip.is_finished()).await;
        assert_eq!(drip.join().unwrap(), "HTTP/1.1 408");
    });
}

/// Sends all but the last byte of a form of a megabyte, for a client of this network.
fn almost_a_megabyte(to: SocketAddr, network: &str) -> thread::JoinHandle<String> {
    let size = 1024 * 1024;
    let head = format!(
        "POST /sign-in HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {network}\r\nContent-Length: {size}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    );
    thread::spawn(move || {
        let mut stream = connect_from("127.0.0.1", to).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        // The service may refuse the body before it has read all of it.
        let _ = stream.write_all(&vec![b'a'; size - 1]);
        answer(stream)
    })
}

#[test]
fn bodies_share_a_budget_of_memory_and_a_network_gets_a_part_of_it() {
    with(Setup::default(), async |world| {
        let form = world.open_form("/sign-in").await;
        let address = world.address();
        let of_one_network: Vec<_> = (0..40).map(|_| almost_a_megabyte(address, "203.0.113.9")).collect();
        let is_refused = |one: &thread::JoinHandle<_>| one.is_finished();
        world.until("some are refused", async || of_one_network.iter().any(is_refused)).await;
        let other = world.send_form(&form, &[("email", "li@example.cn"), ("password", "wrong")]).await;
        assert_eq!(other.status, 401, "another network has its own part");
        world.until("all are answered", async || of_one_network.iter().all(|one| one.is_finished())).await;
        let mut counts = std::collections::BTreeMap::new();
        for one in of_one_network {
            let answer = one.join().unwrap();
            if status(&answer) == Some(503) {
                assert!(answer.contains("retry-after: 5") && answer.contains("\"busy\""), "{answer}");
            }
            *counts.entry(status(&answer)).or_insert(0) += 1;
        }
        // Of sixteen megabytes, each takes one at least.
        let (held, refused) = (counts[&Some(408)], counts[&Some(503)]);
        assert!(held + refused == 40 && (1..=16).contains(&held), "{counts:?}");

        let networks = (0..100).map(|host| almost_a_megabyte(address, &format!("198.51.100.{host}")));
        let of_many: Vec<_> = networks.collect();
        world.until("all are answered", async || of_many.iter().all(|one| one.is_finished())).await;
        let held = of_many.into_iter().map(|one| status(&one.join().unwrap()));
        let held = held.filter(|status| *status == Some(408)).count();
        assert!((17..=64).contains(&held), "{held}");
        let after = world.send_form(&form, &[("email", "li@example.cn"), ("password", "wrong")]).await;
        assert_eq!(after.status, 401, "the budget is free again");
    });
}

#[test]
fn large_bodies_of_one_network_do_not_wait_for_each_other_for_ever() {
    with(Setup::default(), async |world| {
        let batch = world.open_batch(10).await;
        let mut form = world.form(&batch, "Ada");
        form["employment"]["position"] = "a".repeat(900_000).into();
        let drafts = (0..14).map(|_| world.post(&world.sponsor, "/api/v1/applications", &form));
        for refused in join_all(drafts).await {
            assert_eq!(refused.status, 422, "{}", refused.body);
        }
    });
}

/// The address of a case's documents.
fn evidence(case: &Case) -> String {
    format!("{}/evidence", case.path())
}

/// The answers of `/healthz`, from an address of its own.
fn health(to: SocketAddr, times: usize) -> usize {
    let ask = |_: &usize| {
        let mut stream = connect_from("127.0.0.1", to).unwrap();
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        status(&answer(stream)) == Some(200)
    };
    (0..times).filter(ask).count()
}

/// Whether the service has closed the connection, with or without an answer.
fn is_closed(stream: &mut TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    let mut byte = [0];
    !matches!(stream.peek(&mut byte), Err(error) if error.kind() == ErrorKind::WouldBlock)
}

/// A document of the largest size.
async fn large_document(world: &World) -> String {
    let batch = world.open_batch(1).await;
    let ada = world.draft(&world.form(&batch, "Ada")).await;
    let mut large = PDF.to_vec();
    large.resize(10 * 1024 * 1024, b' ');
    let fields = [Field::text("kind", "other"), Field::file("file", "a.pdf", &large)];
    let upload = Request::post(evidence(&ada)).multipart(&fields);
    let document = world.send_as(&world.sponsor, upload).await.expect(201);
    format!("{}/{}", evidence(&ada), document["id"].as_str().unwrap())
}

#[test]
#[cfg(target_os = "linux")]
fn a_thousand_stalled_bodies_and_sixty_stalled_readers_do_not_hold_the_service() {
    rlimit::increase_nofile_limit(8192).unwrap();
    let setup = Setup { begins_now: true, ..Setup::default() };
    for (limit, most_open) in [(Limited::Hard, 512), (Limited::Soft, 1060)] {
        with(setup.clone(), async |world| {
            let document = large_document(world).await;
            world.mail().await;
            world.stop().await;
            let process = world.start_process_with_open_files(limit, 1024);
            let (to, token) = (world.address(), world.token(&world.sponsor).await);
            let resident_before = process.resident_bytes();
            let mut bodies: Vec<TcpStream> = (0..1060)
                .filter_map(|_| {
                    let mut stream = connect_from("127.0.0.2", to).ok()?;
                    let head = "POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n";
                    let head = format!("{head}Content-Type: application/x-www-form-urlencoded\r\n\r\na");
                    stream.write_all(head.as_bytes()).ok()?;
                    Some(stream)
                })
                .collect();
            let request =
                |_| format!("GET {document} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n");
            let _readers = readers(world, to, 60, request).await;
            assert_eq!(health(to, 20), 20);
            let open = bodies.iter_mut().filter_map(|body| (!is_closed(body)).then_some(())).count();
            assert!((400..=most_open).contains(&open), "{open} of the bodies are open");
            let more = process.resident_bytes().saturating_sub(resident_before);
            assert!(more < 150 << 20, "{} MB more", more >> 20);
            assert!(process.resident_bytes() < 300 << 20, "{} MB", process.resident_bytes() >> 20);
            let begun = Instant::now();
            while process.open_connections() > 10 {
                assert!(begun.elapsed() < LONG, "{} are open", process.open_connections());
                assert_eq!(health(to, 1), 1);
            }
            assert!(bodies.iter_mut().all(is_closed));
            world.kill_process();
            world.start().await;
        });
    }
}

#[test]
#[cfg(target_os = "linux")]
fn two_hundred_readers_of_a_draw_share_one_list() {
    rlimit::increase_nofile_limit(8192).unwrap();
    let setup = Setup { begins_now: true, is_forged: true, ..Setup::default() };
    on_both_databases_with(&setup, async |world| {
        let batch = world.open_batch_with(json!({ "capacity": 1, "order": "ballot" })).await;
        world.submit(&batch, ["Ada"]).await;
        world.move_batch(&batch, "close").await.expect(200);
        world.until_jobs_are_done().await;
        let path = format!("/api/v1/batches/{}/ballot", &*batch);
        world.send(Request::get(&path)).await.expect(200);
        // A list of a hundred thousand cases.
        let cases: Vec<String> = (0..100_000).map(|_| corridor::random::id().to_string()).collect();
        let list = json!({ "cases": cases }).to_string();
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(list.as_bytes()).unwrap();
        let gzip = gzip.finish().unwrap();
        world.run_with(&format!("UPDATE published_ballots SET bytes = {}, gzip = $1", list.len()), &gzip);
        world.mail().await;
        world.stop().await;
        let process = world.start_process_with_open_files(Limited::Soft, 1024);
        let to = world.address();
        assert_eq!(health(to, 20), 20);
        let before = process.resident_bytes();
        let request = |number: usize| {
            let encoding = if number.is_multiple_of(2) { "gzip" } else { "identity" };
            format!(
                "GET {path} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: {encoding}\r\nConnection: close\r\n\r\n"
            )
        };
        let mut readers = readers(world, to, 200, request).await;
        let more = process.resident_bytes().saturating_sub(before);
        assert!(more < 50 << 20, "{} KB more", more >> 10);
        // Whoever goes on reading gets all of it.
        readers.truncate(10);
        let reading = readers.into_iter().map(|mut reader| {
            thread::spawn(move || {
                let mut answer = Vec::new();
                reader.read_to_end(&mut answer).unwrap();
                answer
            })
        });
        let reading: Vec<_> = reading.collect();
        world.until("all is read", async || reading.iter().all(|one| one.is_finished())).await;
        for (number, answer) in reading.into_iter().enumerate() {
            let answer = answer.join().unwrap();
            let right = if number % 2 == 0 { gzip.as_slice() } else { list.as_bytes() };
            assert!(answer.ends_with(right), "{number}: {} bytes", answer.len());
        }
        world.kill_process();
        world.start().await;
    });
}
