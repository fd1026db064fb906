//! A cursor says nothing, and opens only in the listing, with the filters and for the reader that it was made for.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use corridor::domain::actor::{Role, Scope};
use serde_json::{Value, json};

use crate::world::{Program, World, http::Request, on_both_databases};

const NOT_A_CURSOR: (&str, &str) = ("/cursor", "not_a_cursor");

/// The cursor after the first line of a listing.
async fn first_cursor(world: &World, reader: &Program, listing: &str) -> String {
    let separator = if listing.contains('?') { '&' } else { '?' };
    let page = world.get(reader, &format!("{listing}{separator}limit=1")).await;
    page["next_cursor"].as_str().unwrap_or_else(|| panic!("{listing}: {page}")).to_owned()
}

async fn continued(
    world: &World,
    reader: &Program,
    listing: &str,
    cursor: &str,
) -> Result<Value, Vec<(String, String)>> {
    let separator = if listing.contains('?') { '&' } else { '?' };
    let answer = world.send_as(reader, Request::get(format!("{listing}{separator}cursor={cursor}"))).await;
    match answer.status {
        200 => Ok(answer.body),
        422 => Err(answer.faults()),
        other => panic!("{listing}: {other}"),
    }
}

fn refused() -> Result<Value, Vec<(String, String)>> {
    Err(vec![(NOT_A_CURSOR.0.to_owned(), NOT_A_CURSOR.1.to_owned())])
}

#[test]
fn a_cursor_opens_only_where_and_for_whom_it_was_made() {
    on_both_databases(async |world| {
        let batch = world.open_batch(5).await;
        world.open_batch(5).await;
        let [ada, bo] = world.submit(&batch, ["Ada", "Bo"]).await;
        world.endorse_every_stage([&ada, &bo]).await;
        let other = world.another_sponsor("taiga").await;
        let auditor = world.program("kz-mfa", &[Scope::AuditRead]).await;
        let (sponsor, reviewer) = (&*world.sponsor, &*world.reviewers["kz-mfa"]);
        let ledger = format!("/api/v1/batches/{}/ledger", &*batch);
        let events = format!("{}/events", ada.path());
        let listings: [(&Program, &str); 6] = [
            (sponsor, "/api/v1/applications"),
            (sponsor, "/api/v1/applications?sort=created&state=approved"),
            (sponsor, "/api/v1/batches"),
            (reviewer, &events),
            (&auditor, &ledger),
            (&auditor, "/api/v1/journal"),
        ];
        let mut cursors = Vec::new();
        for (reader, listing) in listings {
            let cursor = first_cursor(world, reader, listing).await;
            let bytes = BASE64_URL_SAFE_NO_PAD.decode(&cursor).unwrap();
            let plain = String::from_utf8_lossy(&bytes);
            assert!(![&*ada.id, &*bo.id, &*batch].iter().any(|id| plain.contains(id)), "{plain}");
            assert!(continued(world, reader, listing, &cursor).await.is_ok(), "{listing}");
            // Also with another number of lines.
            assert!(continued(world, reader, &with_limit(listing, 7), &cursor).await.is_ok(), "{listing}");
            for at in [0, cursor.len() / 2, cursor.len() - 1] {
                let mut changed = cursor.clone().into_bytes();
                changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
                let changed = String::from_utf8(changed).unwrap();
                assert_eq!(continued(world, reader, listing, &changed).await, refused(), "{listing} {at}");
            }
            let shorter = &cursor[..cursor.len() - 4];
            assert_eq!(continued(world, reader, listing, shorter).await, refused(), "{listing}");
            cursors.push((reader, listing, cursor));
        }
        for (_, made_in, cursor) in &cursors {
            for (reader, listing, _) in cursors.iter().filter(|(_, listing, _)| listing != made_in) {
                assert_eq!(
                    continued(world, reader, listing, cursor).await,
                    refused(),
                    "{made_in} in {listing}"
                );
            }
        }
        for (reader, listing, filter) in [
            (sponsor, "/api/v1/applications", "state=approved"),
            (sponsor, "/api/v1/applications", "sort=created"),
            (sponsor, "/api/v1/applications", "q=ada"),
            (sponsor, "/api/v1/batches", "state=open"),
        ] {
            let cursor = first_cursor(world, reader, listing).await;
            let narrowed = format!("{listing}?{filter}");
            assert_eq!(continued(world, reader, &narrowed, &cursor).await, refused(), "{narrowed}");
        }
        let cursor = first_cursor(world, sponsor, "/api/v1/applications").await;
        assert_eq!(continued(world, &other, "/api/v1/applications", &cursor).await, refused());
        // Made up, as cursors were before: any case's name could be asked for.
        let made_up =
            BASE64_URL_SAFE_NO_PAD.encode(json!(["updated", [null, bo.id.to_string()]]).to_string());
        for cursor in [made_up.as_str(), "x", "%20", "AAAA"] {
            assert_eq!(
                continued(world, sponsor, "/api/v1/applications", cursor).await,
                refused(),
                "{cursor}"
            );
        }
        // The order of the filters does not matter.
        let listing = "/api/v1/applications?sort=created&state=approved";
        let cursor = first_cursor(world, sponsor, listing).await;
        assert!(
            continued(world, sponsor, "/api/v1/applications?state=approved&sort=created", &cursor)
                .await
                .is_ok()
        );
    });
}

fn with_limit(listing: &str, limit: usize) -> String {
    let separator = if listing.contains('?') { '&' } else { '?' };
    format!("{listing}{separator}limit={limit}")
}

#[test]
fn pages_refuse_the_cursors_of_others_and_contain_no_address() {
    on_both_databases(async |world| {
        for number in 0..51 {
            world.person(&format!("applicant-{number:02}@corridor.example"), &[Role::Applicant], None).await;
        }
        let admin = world.person("admin@corridor.example", &[Role::Administrator], None).await;
        let another = world.person("boss@corridor.example", &[Role::Administrator], None).await;
        let (admin, another) = (world.session(&admin).await, world.session(&another).await);
        let page = String::from_utf8(world.page(&admin, "/admin/accounts").await.bytes).unwrap();
        let (_, link) = page.split_once("/admin/accounts?after=").unwrap();
        let cursor = link.split('"').next().unwrap();
        assert!(!cursor.contains("corridor") && !cursor.contains('@'), "{cursor}");
        let next = format!("/admin/accounts?after={cursor}");
        assert_eq!(world.page(&admin, &next).await.status, 200);
        assert_eq!(world.page(&another, &next).await.status, 422);
        assert_eq!(world.page(&admin, &format!("/console/jobs?after={cursor}")).await.status, 422);
    });
}
