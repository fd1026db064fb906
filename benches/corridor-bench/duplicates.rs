//! `duplicates`: submissions per second when some are refused because their travel document has a case already, and
//! without such submissions. Requests that the database refuses must not slow down the others of their group.

use corridor::clock::Clock;
use serde_json::json;

use super::{
    form::terms,
    installation::{Installation, Progress},
    load::send_expecting,
    postgres::Server,
    report::median,
    service::Request,
};

#[derive(clap::Args)]
pub struct Args {
    /// Requests per measurement
    #[arg(long, default_value_t = 3000)]
    requests: usize,
    /// How many of ten submissions are duplicates
    #[arg(long, default_value_t = 1)]
    of_ten: usize,
    /// How often to repeat both measurements; the medians are reported
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// The number of connections
    #[arg(long, default_value_t = 64)]
    connections: usize,
}

pub async fn run(args: Args) {
    println!("| database | without, per second | with duplicates, per second | ratio |");
    println!("| --- | --- | --- | --- |");
    measure("SQLite", &Installation::with_sqlite().await, &args).await;
    let server = Server::start();
    measure("PostgreSQL", &Installation::with_postgres(&server.url()).await, &args).await;
}

async fn measure(database: &str, installation: &Installation, args: &Args) {
    let batch = installation.open_batch(terms("Hot", 1_000_000, &[], Clock::System.now())).await;
    let duplicates = args.requests * args.of_ten / 10;
    let draft =
        async |count| installation.create_cases(&[batch], &["technical"], Progress::Draft, count).await;
    // The first cases are submitted before the first measurement, so that their documents are taken.
    let warm_up = draft(duplicates.max(200)).await;
    let (mut without, mut with) = (Vec::new(), Vec::new());
    let mut rounds = Vec::new();
    for _ in 0..args.rounds {
        let mut mixed = draft(args.requests - duplicates).await;
        for (number, case) in installation.create_duplicates(batch, duplicates).await.into_iter().enumerate()
        {
            mixed.insert(number * 10 / args.of_ten.max(1), case);
        }
        rounds.push((draft(args.requests).await, mixed));
    }
    installation.checkpoint();
    let service = installation.serve();
    let token = service.token(installation.sponsor());
    let submit = |cases: &[corridor::domain::ids::ApplicationId]| {
        let requests = cases
            .iter()
            .map(|case| Request::action(&case.to_string(), &token, &json!({ "action": "submit" })));
        send_expecting(service.address, requests.collect(), args.connections, &[200, 409]).per_second
    };
    submit(&warm_up);
    for (unique, mixed) in &rounds {
        without.push(submit(unique));
        with.push(submit(mixed));
    }
    let (without, with) = (median(without.into_iter()).unwrap(), median(with.into_iter()).unwrap());
    println!("| {database} | {without:.0} | {with:.0} | {:.2} |", with / without);
    drop(service);
    installation.verify();
}
