//! The HTTP server: every route, and the middleware.

use std::{net::TcpListener, sync::Arc, time::Duration};

use actix_web::{
    App, HttpServer,
    dev::Server,
    middleware::{Compress, from_fn},
    web,
};
use tracing_actix_web::TracingLogger;

use super::{
    Connections, Site, api, assets, deadline, extract, headers, health, logs::RequestLog, network, pace,
    pages, problem, signed_in,
};
use crate::domain::limits::HEAD_TIME;

/// How many seconds running requests get when the service stops.
pub const GRACE_SECONDS: u64 = 30;

/// Creates the server on this socket. It runs once it is spawned.
pub fn serve(
    site: Arc<Site>,
    listener: TcpListener,
    connections: Connections,
    workers: usize,
) -> std::io::Result<Server> {
    let connections = Arc::new(connections);
    let app = move || {
        App::new()
            .app_data(web::Data::from(Arc::clone(&site)))
            .app_data(web::Data::new(site.service.clone()))
            .configure(extract::configure)
            .configure(routes)
            .default_service(web::to(problem::not_found))
            // The middleware wrapped last sees a request first.
            .wrap(from_fn(extract::refuse_unprintable_paths))
            .wrap(from_fn(network::note_in_security_log))
            .wrap(from_fn(signed_in::set_cookies))
            .wrap(from_fn(problem::catch_panic))
            .wrap(from_fn(deadline::bound))
            .wrap(from_fn(problem::render_problems))
            .wrap(from_fn(headers::add))
            .wrap(Compress::default())
            .wrap(from_fn(headers::answer_head_as_get))
            .wrap(from_fn(pace::bound))
            .wrap(TracingLogger::<RequestLog>::new())
    };
    let server = HttpServer::new(app)
        .workers(workers)
        .on_connect(move |connection, extensions| connections.begin(connection, extensions))
        // Head and body of an answer are two segments: the second would wait for the client's acknowledgement.
        .tcp_nodelay(true)
        .keep_alive(Duration::from_secs(75))
        .client_request_timeout(HEAD_TIME)
        .shutdown_timeout(GRACE_SECONDS)
        .disable_signals()
        .listen(listener)?;
    Ok(server.run())
}

/// Every route. Each file configures its own. They are matched in this order, so the busiest come first.
fn routes(config: &mut web::ServiceConfig) {
    config
        .configure(api::routes)
        .configure(health::routes)
        .configure(assets::routes)
        .configure(pages::routes)
        .configure(problem::routes);
}
