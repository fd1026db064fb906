//! Edits of rows that no chain holds: of cases, their documents, findings and places.

use super::{Edit, Files, Sql};

pub(super) fn edits(sql: &Sql<'_>) -> Vec<Edit> {
    let cast = sql.cast;
    let [decision, asked, with_finding, claimed, approved, batch, ballot] =
        [cast.decision, cast.asked, cast.with_finding, cast.claimed, cast.approved, cast.batch, cast.ballot]
            .map(|id| sql.id(id));
    let case =
        |name, set: &str, id: &str| sql.rows(name, format!("UPDATE applications SET {set} WHERE id = {id}"));
    let exchange = |table: &str, column: &str, key: &str| {
        format!(
            "CREATE TABLE kept AS SELECT {key}, {column} FROM {table} WHERE {key} IN ({decision}, {asked}); \
             UPDATE {table} SET {column} = (SELECT k.{column} FROM kept k WHERE k.{key} <> {table}.{key}) WHERE {key} IN ({decision}, {asked}); \
             DROP TABLE kept"
        )
    };
    let rival = "(SELECT id FROM organisations WHERE code = 'rival')";
    let garbage = sql.bytes("\u{2}this does not open");
    let mut edits = vec![
        case("the names of a case are changed", "given_names = 'Another'", &decision),
        sql.rows("the forms of two cases are exchanged", exchange("applications", "form_sealed", "id")),
        case("a form is destroyed", &format!("form_sealed = {garbage}"), &decision),
        case("a form is emptied, as an erasure does", &format!("form_sealed = {}", sql.bytes("")), &decision),
        sql.rows("the keys of two cases are exchanged", exchange("case_keys", "wrapped_key", "application_id")),
        case("the direction of a case is changed", "direction = 'KZ-CN'", &decision),
        case("the category of a case is changed", "category = 'business'", &decision),
        case("a case is given to another sponsor", &format!("sponsor_id = {rival}"), &with_finding),
        case("a case is moved to another stage", "stage = 'decision'", &asked),
        case("a case is moved to another officer", "assignee_id = NULL", &claimed),
        case("a question is never due", "due_at = NULL", &asked),
        case("an authorization is never over", "due_at = NULL", &approved),
        case("a case is ranked before the others", "rank = rank + 100", &decision),
        case("a travel document is no longer kept unique", "live_document_hash = NULL", &decision),
        case("the time of submission is moved", &format!("submitted_at = {}", sql.a_year_before("submitted_at")), &decision),
        case("a case goes by another version of its programme", "programme_version = 7", &decision),
        case("a case is moved to another batch", &format!("batch_id = {ballot}"), &claimed),
        case("a case with a place is moved to another batch", &format!("batch_id = {ballot}"), &approved),
        sql.rows("the findings of a case are deleted", format!("DELETE FROM findings WHERE application_id = {with_finding}")),
        sql.rows(
            "a blocking finding is settled by nobody",
            format!("UPDATE findings SET resolved_at = raised_at WHERE application_id = {with_finding}"),
        ),
        sql.rows(
            "a blocking finding is settled in an officer's name",
            format!(
                "UPDATE findings SET resolved_at = raised_at, resolved_by = (SELECT assignee_id FROM applications WHERE id = {claimed}) \
                 WHERE application_id = {with_finding}"
            ),
        ),
        sql.rows(
            "a blocking finding becomes a warning",
            format!("UPDATE findings SET severity = 'warning' WHERE application_id = {with_finding}"),
        ),
        sql.rows(
            "the values of a finding are destroyed",
            format!("UPDATE findings SET values_sealed = {garbage} WHERE application_id = {with_finding}"),
        ),
        sql.rows(
            "the documents of two cases are exchanged",
            format!(
                "UPDATE evidence SET application_id = CASE WHEN application_id = {decision} THEN {asked} ELSE {decision} END \
                 WHERE application_id IN ({decision}, {asked})"
            ),
        ),
        sql.rows("the documents of a case are deleted", format!("DELETE FROM evidence WHERE application_id = {decision}")),
        sql.rows(
            "the hash of a document is replaced",
            format!("UPDATE evidence SET sha256 = {garbage} WHERE application_id = {decision}"),
        ),
        Edit { files: Some(Files::Replace), ..sql.rows("the file of a document is replaced", String::new()) },
        Edit { files: Some(Files::Delete), ..sql.rows("the file of a document is deleted", String::new()) },
    ];
    edits.extend(places(sql, &approved, &batch));
    edits.extend([
        sql.rows(
            "the capacity of a batch and of its limits is raised",
            format!("UPDATE batches SET capacity = capacity + 4000 WHERE id = {batch}; UPDATE batch_limits SET capacity = capacity + 4000 WHERE batch_id = {batch}"),
        ),
        sql.rows(
            "a batch is closed, and its travel window moved",
            format!("UPDATE batches SET state = 'closed', travel_until = '2031-01-01' WHERE id = {batch}"),
        ),
        sql.rows(
            "a batch gives its places to nobody",
            format!("UPDATE batches SET promoting = TRUE WHERE id = {batch}"),
        ),
        sql.rows(
            "the seed of a ballot is destroyed",
            format!("UPDATE batches SET ballot_seed_sealed = {garbage} WHERE id = {ballot}"),
        ),
        sql.rows(
            "the list of a draw is published before it was drawn",
            format!("INSERT INTO published_ballots (batch_id, bytes, sha256, gzip) VALUES ({ballot}, 9, {garbage}, {garbage})"),
        ),
    ]);
    edits
}

fn places(sql: &Sql<'_>, approved: &str, batch: &str) -> Vec<Edit> {
    vec![
        sql.rows(
            "a place is added to the ledger for a case that has none, and the counters are raised",
            format!(
                "INSERT INTO quota_entries (application_id, event_seq, batch_id, at, movement, held_delta, taken_delta, direction, category, sponsor) \
                 SELECT {}, 1, batch_id, at, movement, held_delta, taken_delta, direction, category, sponsor FROM quota_entries \
                 WHERE application_id = {approved}; {}",
                sql.id(sql.cast.decision),
                sql.counters()
            ),
        ),
        sql.rows(
            "all lines of the ledger are moved back by a year",
            format!("UPDATE quota_entries SET at = {}", sql.a_year_before("at")),
        ),
        sql.rows(
            "a place is counted under no sponsor, and the counter of the limit is lowered",
            format!("UPDATE quota_entries SET sponsor = NULL WHERE application_id = {approved}; {}", sql.counters()),
        ),
        sql.rows(
            "a place is counted in another direction",
            format!("UPDATE quota_entries SET direction = 'KZ-CN' WHERE application_id = {approved}; {}", sql.counters()),
        ),
        sql.rows(
            "the counter of a limit is lowered",
            format!("UPDATE batch_limits SET taken = taken - 1 WHERE batch_id = {batch}"),
        ),
    ]
}
